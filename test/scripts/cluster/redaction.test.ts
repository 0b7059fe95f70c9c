import { describe, expect, it } from 'vitest';
import { Redaction } from '../../../scripts/cluster/redaction.ts';

describe('redaction', () => {
  const secret = 'pass word/"ü"+1';
  const forms = [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
  ];

  it.each(forms)('takes out %s', (form) => {
    const redaction = new Redaction();
    redaction.add(secret);
    const text = redaction.text(`before ${form} after`);
    expect(text).toBe('before [redacted] after');
  });

  it('takes out each line of a file, and leaves short words alone', () => {
    const redaction = new Redaction();
    redaction.add('first-line\nabc\nsecond-line\n');
    expect(redaction.text('x first-line y second-line z abc')).toBe(
      'x [redacted] y [redacted] z abc',
    );
  });
});
