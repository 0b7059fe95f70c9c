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

  it('takes out what a server repeats of a base64 text, wherever it cut it', () => {
    const redaction = new Redaction();
    redaction.add('[remote]\nsecret_access_key = abcdefghijklmnopqrstuvwxyz\n');
    const sent = Buffer.from('[remote]\nsecret_access_key = abcdefghijklmnopqrstuvwxyz\n').toString(
      'base64',
    );
    expect(redaction.text(`found in ...|${sent.slice(7, 31)}|..., context ${sent.slice(20)}`)).toBe(
      'found in ...|[redacted]|..., context [redacted]',
    );
    expect(redaction.text('"orderbooks-rclone-config" is invalid')).toBe(
      '"orderbooks-rclone-config" is invalid',
    );
  });
});
