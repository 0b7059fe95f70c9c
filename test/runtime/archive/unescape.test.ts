import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNESCAPE_BYTES, unescaper } from '../../../runtime/archive/unescape.ts';

/** What becomes of the bytes of `inside`, put between two quotes; null if that is left to JSON.parse. */
async function unescaped(inside: string | Uint8Array, at = 0): Promise<Buffer | null> {
  const bytes = Buffer.from(inside);
  const { source, target, decode } = await unescaper();
  source.set(bytes, at);
  source.set(Buffer.from('"}\n'), at + bytes.length);
  const length = decode(at, at + bytes.length);
  return length === -1 ? null : Buffer.from(target.subarray(0, length));
}

const inside = (text: string) => JSON.stringify(text).slice(1, -1);

describe('unescape', () => {
  it.each([
    ['nothing', ''],
    ['less than sixteen bytes', 'PONG'],
    ['an escape at each place of sixteen', '"'.padStart(16, 'x').repeat(17)],
    ['escapes side by side', '\\"\n\\\\""\t\r\b\f'.repeat(9)],
    ['characters of several bytes', '"é"—"😀"'.repeat(20)],
    ['JSON in JSON in JSON', JSON.stringify(JSON.stringify({ a: ['b"c\\'] }))],
  ])('makes of %s what it was', async (_name, text) => {
    expect((await unescaped(inside(text)))?.toString()).toBe(text);
  });

  it.each([
    ['a quote before the end', 'ab"cd'],
    ['an escaped closing quote', 'abc\\'],
    ['a control character', 'ab\ncd'],
    ['an escape by number', 'ab\\u0041'],
    ['an escape that is none', 'ab\\x'],
    ['a NUL', 'ab\0cd'],
  ])('leaves %s to JSON.parse', async (_name, text) => {
    expect(await unescaped(text)).toBeNull();
  });

  it('agrees with JSON.parse on any bytes, wherever they lie, or leaves them to it', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }).map(inside),
      fc.constantFrom('\\"', '\\\\', '\\n', '\\/', '"', '\\', '\\u00e9', '\u0000', '\n'),
      fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
    );
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(64), async (text, at) => {
        const made = await unescaped(text, at);
        if (made === null) return;
        expect(made.toString()).toBe(JSON.parse(`"${text}"`));
      }),
      { numRuns: 500 },
    );
  });

  it('takes a text that fills its whole area', async () => {
    const text = `"${'x'.repeat(UNESCAPE_BYTES - 10)}`;
    const made = await unescaped(inside(text));
    expect(made?.equals(Buffer.from(text))).toBe(true);
  });
});
