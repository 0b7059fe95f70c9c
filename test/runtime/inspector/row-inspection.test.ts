import { describe, expect, it } from 'vitest';
import type { ScannedFrame } from '../../../runtime/archive/reader.ts';
import { RowInspection } from '../../../runtime/inspector/row-inspection.ts';
import { describeBreak, SequenceCheck } from '../../../runtime/inspector/sequences.ts';
import { sha256 } from '../archive/rows.ts';
import { gap } from '../gates/recorded-run.ts';

/** Nine of them are more than an inspector holds of an archive, eight are less. */
const LONG = 8_000_000;
const MANY = 9;
const AT = '2026-11-21T10:00:00.000Z';

describe('connections of an archive', () => {
  it('are followed up to a bound, each held once', () => {
    const one = inspected(() => 'a'.repeat(LONG));
    expect(one.errors()).toEqual([]);
    expect(one.counted.rows).toBe(MANY);
  });

  it('that are more than a recorder writes end the comparison, and that is said', () => {
    const many = inspected((index) => String(index).repeat(LONG));
    expect(many.errors()).toEqual([expect.stringMatching(/9 connections are more than any/)]);
  });

  it('are those that rows name: a gap of none, and a checkpoint, add none', () => {
    const sequences = new SequenceCheck();
    sequences.next(gap('start', Date.parse(AT), null, 0));
    sequences.next({
      type: 'checkpoint',
      sequence: 1,
      requested_at: AT,
      received_at: AT,
      url: '',
      status: 200,
      token_ids: [],
      omitted: [],
      payload_sha256: sha256(''),
      raw_text: '',
    });
    expect([sequences.connections, sequences.spans().size]).toEqual([0, 0]);
  });
});

describe('a break', () => {
  it.each([
    ['how many are missing', 5, 0, 'row 5 follows 1: 3 missing'],
    [
      'how many of them gap rows explain',
      5,
      2,
      'row 5 follows 1: 3 missing and gap rows explain 2',
    ],
    ['nothing where they explain all', 5, 3, null],
    ['what came again', 1, 9, 'row 1 comes after 1: repeated or out of order'],
  ])('says %s', (_what, sequence, lost, saying) => {
    expect(describeBreak('row', sequence, 1, lost)).toBe(saying);
  });
});

function inspected(connection: (index: number) => string): RowInspection {
  const rows = new RowInspection();
  for (let index = 0; index < MANY; index++) {
    const id = connection(index);
    rows.add(frame(index, id, connection(0) === id ? index : 0), index + 2);
  }
  return rows;
}

function frame(sequence: number, connection: string, number: number): ScannedFrame {
  return {
    type: 'frame',
    sequence,
    connection_id: connection,
    connection_sequence: number,
    received_at: AT,
    payload: Buffer.from('PONG'),
    payload_sha256: sha256('PONG'),
  };
}
