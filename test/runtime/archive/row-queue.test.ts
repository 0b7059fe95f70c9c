import { describe, expect, it } from 'vitest';
import { archiveRow } from '../../../runtime/archive/row.ts';
import { numberedLine } from '../../../runtime/archive/row-line.ts';
import { RowQueue } from '../../../runtime/archive/row-queue.ts';
import { frame, gap } from './rows.ts';

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
    const batch = queue.take(1_000_000);
    expect(batch.rows.map((row) => row.sequence)).toEqual(
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
    expect(queue.take(1_000_000).rows).toHaveLength(1);
    expect(queue.day).toBe('2026-11-22');
    expect(queue.take(1_000_000).rows).toHaveLength(1);
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
