import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archiveRow } from '../../../runtime/archive/row.ts';
import { type NewRow, numberedLine } from '../../../runtime/archive/row-line.ts';
import { type Batch, RowQueue } from '../../../runtime/archive/row-queue.ts';
import { rowFacts, Tally } from '../../../runtime/archive/tally.ts';
import { frame, gap } from './rows.ts';

const linesOf = ({ lines }: Batch) => lines.toString().match(/.*\n/g) ?? [];
const sequencesOf = (batch: Batch) =>
  linesOf(batch).map((line) => (JSON.parse(line) as { sequence: number }).sequence);

/** The same row as the recorder hands it in. */
function asBytes(row: NewRow): NewRow {
  return row.type === 'frame' ? { ...row, raw_text: Buffer.from(row.raw_text) } : row;
}

const text = fc.string({
  unit: fc.constantFrom('"', '\\', 'a', '{"x":1}', 'é', '😀', '\u2028', '\x7f'),
  maxLength: 80,
  size: 'max',
});
/** Of any text, also with control characters. */
const anyText = fc.oneof(
  text,
  fc.string({ unit: fc.constantFrom('\n', '\0', '"', 'a', '\ufeff'), maxLength: 20 }),
);

describe('RowQueue', () => {
  it('refuses what does not fit without using up a sequence, and still takes the gap that says so', () => {
    const queue = new RowQueue(2_000);
    let refused = 0;
    for (let index = 0; index < 20; index++) {
      if (queue.push(frame(index, { bytes: 200 })) === null) refused++;
    }
    expect(refused).toBeGreaterThan(0);
    expect(queue.bytes).toBeLessThanOrEqual(2_000);
    const next = queue.nextSequence;
    expect(queue.push(gap('overflow'))).toBe(next);
    expect(next).toBe(20 - refused);
    expect(sequencesOf(queue.take())).toEqual(
      Array.from({ length: next + 1 }, (_unused, index) => index),
    );
    expect(queue.bytes).toBe(0);
    expect(queue.push(frame(20))).toBe(next + 1);
  });

  it('takes one row that is larger than the whole limit, when nothing else waits', () => {
    const queue = new RowQueue(100);
    expect(queue.push(frame(0, { bytes: 4_000 }))).toBe(0);
    expect(queue.push(frame(1))).toBeNull();
  });

  it('never mixes days in one batch', () => {
    const queue = new RowQueue(1_000_000);
    queue.push(frame(0, { at: '2026-11-21T23:59:59.999999Z' }));
    queue.push(frame(1, { at: '2026-11-22T00:00:00.000000Z' }));
    expect(queue.day).toBe('2026-11-21');
    expect(sequencesOf(queue.take())).toHaveLength(1);
    expect(queue.day).toBe('2026-11-22');
    expect(sequencesOf(queue.take())).toHaveLength(1);
  });
});

describe('rows that wait', () => {
  it('have the lines that they have one by one, whether they come as text or as bytes', () => {
    const rows = fc.array(
      fc.oneof(
        fc.tuple(anyText, fc.nat(3), fc.boolean()).map(([raw, n, bytes]) => {
          const row = frame(n, { text: raw, connection: n === 3 ? 'é"\n' : `ws${n}` });
          return bytes ? asBytes(row) : row;
        }),
        fc.constant(gap('start')),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(rows, fc.array(fc.nat(4), { minLength: 1 }), (all, pattern) => {
        const queue = new RowQueue(1e9);
        const taken: Buffer[] = [];
        const tally = new Tally();
        const take = () => {
          const batch = queue.take();
          taken.push(Buffer.from(batch.lines));
          tally.addAll(batch.tally);
          queue.recycle(batch);
        };
        for (const [index, row] of all.entries()) {
          expect(queue.push(row)).toBe(index);
          if (pattern[index % pattern.length] === 0) take();
        }
        while (!queue.isEmpty) take();
        expect(Buffer.concat(taken).toString()).toBe(all.map(numberedLine).join(''));
        const one = new Tally();
        for (const [index, row] of all.entries()) one.add(rowFacts(row, index));
        expect(tally.counted()).toEqual(one.counted());
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['as large as may be', '"'.repeat(262_144)],
    ['a byte larger', '"'.repeat(262_145)],
    ['larger than a portion', 'é'.repeat(600_000)],
  ])('keep their lines when a text is %s', (_name, large) => {
    const queue = new RowQueue(1e9);
    const rows = ['small', large, large, 'small'].map((raw, n) => frame(n, { text: raw }));
    const taken: Buffer[] = [];
    for (const row of rows) queue.push(asBytes(row));
    while (!queue.isEmpty) taken.push(queue.take().lines);
    expect(Buffer.concat(taken).equals(Buffer.from(rows.map(numberedLine).join('')))).toBe(true);
  });

  it('become, where they are no UTF-8, what their bytes become as text', () => {
    const queue = new RowQueue(1e9);
    const raw = Buffer.from([0x22, 0xc3, 0x28, 0x61]);
    queue.push({ ...asBytes(frame(0)), raw_text: raw } as NewRow);
    const [line = ''] = linesOf(queue.take());
    expect(JSON.parse(line)).toMatchObject({ raw_text: raw.toString('utf8') });
  });

  it('keep their bytes while they are written, whatever comes after them', () => {
    const queue = new RowQueue(1e9);
    queue.push(asBytes(frame(0, { text: 'first' })));
    const first = queue.take();
    const before = first.lines.toString();
    for (let n = 1; n < 2_000; n++) queue.push(asBytes(frame(n, { bytes: 800 })));
    expect(first.lines.toString()).toBe(before);
    queue.recycle(first);
    expect(sequencesOf(queue.take())[0]).toBe(1);
  });
});

describe('the line of a row', () => {
  it.each([
    ['plain text', '{"a":1}'],
    ['quotes, backslashes and control characters', '"\\\u0000\u001f\r\n\t'],
    ['separators of lines that JavaScript knows', '\u2028\u2029'],
    ['characters beyond the basic plane', '𝒳 é 中'],
    ['nothing', ''],
  ])('gives back %s exactly', (_name, text) => {
    const line = numberedLine(frame(7, { text }), 3);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(archiveRow.parse(JSON.parse(line))).toMatchObject({
      type: 'frame',
      sequence: 3,
      connection_sequence: 7,
      raw_text: text,
    });
  });
});
