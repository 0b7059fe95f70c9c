import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameCode, SOURCE_BYTES } from '../../../runtime/archive/frame-code.ts';

/** What becomes of the bytes of `inside`, put between two quotes; null if that is left to JSON.parse. */
async function unescaped(inside: string | Uint8Array, at = 0): Promise<Buffer | null> {
  const bytes = Buffer.from(inside);
  const { source, target, decode, textEnd } = await frameCode();
  source.set(bytes, at);
  source.set(Buffer.from('"}\n'), at + bytes.length);
  const length = decode(at);
  // A quote in the middle ends the text before its line does.
  if (length === -1 || textEnd() !== at + bytes.length) return null;
  return Buffer.from(target.subarray(0, length));
}

const inside = (text: string) => JSON.stringify(text).slice(1, -1);

/** Faster than `fc.string({ unit: 'binary' })`, which takes seconds to make. */
const codePoint = fc
  .oneof(fc.nat(0x7f), fc.nat(0xd7ff), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

describe('unescape', () => {
  it.each([
    ['nothing', ''],
    ['less than sixteen bytes', 'PONG'],
    ['an escape at each place of sixteen', '"'.padStart(16, 'x').repeat(17)],
    ['a quote at each place of sixteen, and two', `${'"'.padStart(15, 'x')}"`.repeat(17)],
    ['escapes side by side', '\\"\n\\\\""\t\r\b\f'.repeat(9)],
    ['quotes only', '"'.repeat(100)],
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
      fc.array(codePoint, { maxLength: 40 }).map((points) => inside(points.join(''))),
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

  it('undoes whatever the writer escapes with two characters', async () => {
    const char = fc.constantFrom('"', '"', '\\', 'a', '0', ':', ',', '\n', '\t', 'é', '😀');
    const texts = fc.string({ unit: char, maxLength: 200, size: 'max' });
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(20), async (text, at) => {
        expect((await unescaped(inside(text), at))?.toString()).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('takes a text that fills its whole area', async () => {
    const text = `"${'x'.repeat(SOURCE_BYTES - 10)}`;
    const made = await unescaped(inside(text));
    expect(made?.equals(Buffer.from(text))).toBe(true);
  });
});
