import { hash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { frameCode } from '../../../runtime/archive/frame-code.ts';
import { FrameLines, type ScannedFrame } from '../../../runtime/archive/frame-line.ts';
import { archiveRow } from '../../../runtime/archive/row.ts';
import { type NewRow, numberedLine } from '../../../runtime/archive/row-line.ts';

let lines: FrameLines;
beforeAll(async () => {
  lines = new FrameLines(await frameCode());
});

type Frame = Extract<NewRow, { type: 'frame' }>;

const row = (said: Partial<Frame> = {}): Frame => ({
  type: 'frame',
  connection_id: 'ws1-1',
  connection_sequence: 7,
  received_at: '2026-11-21T10:11:12.123456Z',
  received_mono_ns: '5817193321890',
  payload_sha256: hash('sha256', 'PONG'),
  raw_text: 'PONG',
  ...said,
});

/** The frame of `line` as it is scanned: a copy, since its payload lasts until the next; null if it is read in full. */
function scanned(line: Buffer | string, before = ''): ScannedFrame | null {
  const start = Buffer.byteLength(before);
  lines.load(Buffer.concat([Buffer.from(before), Buffer.from(line)]));
  const frame = lines.frame(start);
  if (frame === null) return null;
  expect(lines.end).toBe(start + Buffer.byteLength(line) - 1);
  return { ...frame, payload: Buffer.from(frame.payload) };
}

/** What reading in full makes of it; null if that is no frame. */
function inFull(line: string): ScannedFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const parsed = archiveRow.safeParse(value);
  if (!parsed.success || parsed.data.type !== 'frame') return null;
  const { raw_text, received_mono_ns: _unused, ...rest } = parsed.data;
  return { ...rest, payload: Buffer.from(raw_text) };
}

const digits = (most: number) =>
  fc.bigInt({ min: 0n, max: 10n ** BigInt(most) - 1n }).map((value) => String(value));
const instant = fc
  .tuple(
    fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }),
    fc.nat(999),
  )
  .chain(([date, micros]) => {
    const text = date.toISOString();
    return fc.constantFrom(text, text.replace('Z', `${String(micros).padStart(3, '0')}Z`));
  });
const written = fc.record({
  row: fc.record({
    type: fc.constant('frame' as const),
    connection_id: fc.string({
      unit: fc.constantFrom('w', 's', '1', '-', ' ', '~'),
      maxLength: 200,
      size: 'max',
    }),
    connection_sequence: fc.maxSafeNat().map((count) => count % 1e15),
    received_at: instant,
    received_mono_ns: digits(20),
    payload_sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    raw_text: fc.oneof(
      fc.string({
        unit: fc.constantFrom('"', '\\', '{', 'price', '0.5', '\n', 'é'),
        maxLength: 99,
        size: 'max',
      }),
      fc.constant('PONG'),
    ),
  }),
  sequence: fc.oneof(
    fc.nat(20),
    fc.maxSafeNat().map((count) => count % 1e15),
  ),
});

describe('a line of a frame', () => {
  it('that the writer made is read as bytes, and says what it says when it is read in full', () => {
    fc.assert(
      fc.property(written, fc.constantFrom('', '\n', 'PONG\n'), ({ row, sequence }, before) => {
        const line = numberedLine(row, sequence);
        const frame = scanned(line, before);
        expect(frame).not.toBeNull();
        expect(frame).toEqual(inFull(line));
      }),
      { numRuns: 500 },
    );
  });

  it('that anything was done to says the same in both ways, or is read in full', () => {
    const byte = fc.constantFrom(...Buffer.from('0123456789abfgAF",:{}\\ \n\t-.TZz/~\x7f\0'), 0xc3);
    const edits = fc.array(
      fc.tuple(fc.nat(520), byte, fc.constantFrom('replace', 'insert', 'delete')),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(written, edits, ({ row, sequence }, changes) => {
        let line = Buffer.from(numberedLine(row, sequence)).subarray(0, -1);
        for (const [place, value, how] of changes) {
          const at = Math.min(place, line.length - 1);
          const put = how === 'delete' ? [] : [value];
          line = Buffer.concat([
            line.subarray(0, at),
            Buffer.from(put),
            line.subarray(how === 'insert' ? at : at + 1),
          ]);
        }
        if (line.includes('\n')) return;
        const frame = scanned(Buffer.concat([line, Buffer.from('\n')]));
        if (frame !== null) expect(frame).toEqual(inFull(line.toString()));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each<[string, Partial<Frame>, number]>([
    ['a sequence of sixteen digits', {}, 1e15],
    ['a negative sequence', {}, -1],
    ['a connection sequence of sixteen digits', { connection_sequence: 1e15 }, 1],
    ['a fraction', { connection_sequence: 1.5 }, 1],
    ['an id of more than 200 characters', { connection_id: 'x'.repeat(201) }, 1],
    ['an id with an escape', { connection_id: 'a"b' }, 1],
    ['an id beyond ASCII', { connection_id: 'é' }, 1],
    ['an instant without its zone', { received_at: '2026-11-21T10:11:12.123456' }, 1],
    [
      'an instant with two digits of microseconds',
      { received_at: '2026-11-21T10:11:12.12345Z' },
      1,
    ],
    ['an instant without a fraction', { received_at: '2026-11-21T10:11:12Z' }, 1],
    ['a clock of 21 digits', { received_mono_ns: '1'.repeat(21) }, 1],
    ['a clock without digits', { received_mono_ns: '' }, 1],
    ['a clock of letters', { received_mono_ns: '12x' }, 1],
    ['a hash in capitals', { payload_sha256: 'A'.repeat(64) }, 1],
    ['a hash of 63 digits', { payload_sha256: 'a'.repeat(63) }, 1],
    ['a hash of 65 digits', { payload_sha256: 'a'.repeat(65) }, 1],
    ['a hash with a g', { payload_sha256: `${'a'.repeat(40)}g${'a'.repeat(23)}` }, 1],
    ['a payload with an escape by number', { raw_text: '\0' }, 1],
  ])('with %s is left to reading in full', (_name, said, sequence) => {
    expect(scanned(numberedLine(row(said), sequence))).toBeNull();
  });

  it.each([
    ['a zero before a sequence', (line: string) => line.replace('"sequence":5', '"sequence":05')],
    ['no sequence', (line: string) => line.replace('"sequence":5', '"sequence":')],
    ['a space', (line: string) => line.replace(',"raw', ', "raw')],
    ['a key more', (line: string) => line.replace('"}\n', '","more":1}\n')],
    ['a carriage return', (line: string) => line.replace('\n', '\r\n')],
    ['no end', (line: string) => line.replace('"}\n', '\n')],
  ])('with %s is left to reading in full', (_name, edit) => {
    const line = numberedLine(row(), 5);
    expect(scanned(line)).not.toBeNull();
    expect(scanned(edit(line))).toBeNull();
  });

  it('that is no UTF-8 is left to reading in full, and so is all that comes with it', () => {
    const line = Buffer.from(numberedLine(row({ raw_text: 'é' }), 5));
    line[line.indexOf(0xc3)] = 0x41;
    expect(scanned(line)).toBeNull();
  });
});
