import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** What is done to a closed archive. */
export interface Damage {
  readonly name: string;
  readonly apply: (archive: Buffer) => Buffer;
}

const at = (share: number, length: number) => Math.min(Math.floor(share * length), length - 1);
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** Something done to the lines, packed again. */
function plain(name: string, edit: (lines: string[]) => (string | Buffer)[]): Damage {
  const apply = (archive: Buffer) => {
    const edited = edit(gunzipSync(archive).toString().trimEnd().split('\n'));
    return gzipSync(Buffer.concat(edited.flatMap((line) => [Buffer.from(line), LINE_FEED])));
  };
  return { name, apply };
}

const LINE_FEED = Buffer.from('\n');
const flip = (bytes: Buffer, where: number, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[where] = (copy[where] ?? 0) ^ (1 << bit);
  return copy;
};

const change = (name: string, make: (line: string, where: number) => string | Buffer) =>
  fc
    .tuple(share, share)
    .map(([line, place]) =>
      plain(name, (lines) =>
        lines.map((text, index) =>
          index === at(line, lines.length) ? make(text, at(place, text.length)) : text,
        ),
      ),
    );

/** One damage of an archive, of any kind that a disk, a program or an enemy may do. */
export const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.tuple(share, fc.nat(7)).map(([where, bit]) => ({
    name: 'a flipped bit',
    apply: (archive: Buffer) => flip(archive, at(where, archive.length), bit),
  })),
  share.map((where) => ({
    name: 'truncation',
    apply: (archive: Buffer) => archive.subarray(0, at(where, archive.length)),
  })),
  fc.tuple(share, share).map(([from, to]) => ({
    name: 'zeros',
    apply: (archive: Buffer) =>
      Buffer.from(archive).fill(
        0,
        at(Math.min(from, to), archive.length),
        at(Math.max(from, to), archive.length),
      ),
  })),
  fc.constantFrom<Damage>(
    { name: 'the archive twice', apply: (archive) => Buffer.concat([archive, archive]) },
    { name: 'an empty member', apply: (archive) => Buffer.concat([archive, gzipSync('')]) },
    {
      name: 'a member of rubbish first',
      apply: (archive) => Buffer.concat([gzipSync('x'), archive]),
    },
    { name: 'zeros behind it', apply: (archive) => Buffer.concat([archive, Buffer.alloc(512)]) },
    { name: 'no gzip at all', apply: (archive) => gunzipSync(archive) },
    plain('no line', () => []),
    plain('lines turned round', (lines) => lines.toReversed()),
    plain('every line twice', (lines) => lines.flatMap((line) => [line, line])),
    plain('empty lines', (lines) => lines.flatMap((line) => [line, ''])),
    plain('carriage returns', (lines) => lines.map((line) => `${line}\r`)),
  ),
  change('a flipped bit in a row', (line, where) => flip(Buffer.from(line), where, where % 8)),
  change('a NUL', (line, where) => `${line.slice(0, where)}\0${line.slice(where)}`),
  change('no UTF-8', (line, where) =>
    Buffer.concat([
      Buffer.from(line.slice(0, where)),
      Buffer.from([0xc3]),
      Buffer.from(line.slice(where)),
    ]),
  ),
  change('a cut line', (line, where) => line.slice(0, where)),
  change('a missing line', () => ''),
  change('a line in two', (line, where) => `${line.slice(0, where)}\n${line.slice(where)}`),
  change('spaces', (line) => line.replaceAll(',"', ' , "')),
  change('keys in another order', (line) => reordered(line)),
  change('a key more', (line) => line.replace(/\}$/, ',"more":1}')),
  change('an escape by number', (line) => line.replace('event', '\\u0065vent')),
  change('a huge number', (line) =>
    line.replace(/"sequence":\d+/, '"sequence":123456789012345678'),
  ),
  change('a number with an exponent', (line) =>
    line.replace(/"sequence":(\d+)/, '"sequence":$1e0'),
  ),
  change('a negative zero', (line) => line.replace(/"sequence":\d+/, '"sequence":-0')),
  change('a long line', (line) => line.replace('event', 'x'.repeat(300_000))),
  change('a deep line', () => `${'['.repeat(100_000)}${']'.repeat(100_000)}`),
);

function reordered(line: string): string {
  try {
    return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line) as object).reverse()));
  } catch {
    return line; // another damage came first
  }
}
