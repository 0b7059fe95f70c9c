import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ESCAPABLE_BYTES, makeEscaper } from '../../../runtime/archive/escape.ts';

const { encode, target } = makeEscaper();

/** The inside of the JSON text that `bytes` become; null if that is left to JSON.stringify. */
function escaped(bytes: Buffer): string | null {
  const length = encode(bytes);
  return length === -1 ? null : target.toString('utf8', 0, length);
}

describe('escape', () => {
  it('makes of any text what JSON.stringify makes of it, or leaves control characters to that', () => {
    const unit = fc.constantFrom('"', '"', '\\', 'a', '0', ':', 'é', '😀', '\x7f', '\u2028', ' ');
    const withControls = fc.string({ unit: fc.constantFrom('"', 'a', 'b', '\n', '\0', '\x1f') });
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit, size: 'max', maxLength: 100 }), withControls),
        (text) => {
          // What an earlier call left behind must not matter.
          encode(Buffer.alloc(400, '\n'));
          const made = escaped(Buffer.from(text));
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
          expect(made).toBe(/[\0-\x1f]/.test(text) ? null : JSON.stringify(text).slice(1, -1));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('takes the largest text, also if every byte of it is a quote', () => {
    const text = '"'.repeat(ESCAPABLE_BYTES);
    expect(escaped(Buffer.from(text))).toBe(JSON.stringify(text).slice(1, -1));
  });
});
