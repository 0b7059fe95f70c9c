import { hash } from 'node:crypto';
import type { CheckpointRow } from '../archive/row.ts';
import { formatInstant } from '../observability/clock.ts';
import type { BooksAnswer } from './clob.ts';

/** A row as the archive takes it: it gets its sequence there. */
export type NewCheckpoint = Omit<CheckpointRow, 'sequence'>;

/** The row of an answer of `POST /books`, or of the failure to get one. Times are microseconds since 1970. */
export function checkpointRowOf(
  answer: BooksAnswer,
  asked: {
    readonly tokens: readonly string[];
    readonly requestedMicros: number;
    readonly receivedMicros: number;
    readonly cycleId?: string;
  },
): NewCheckpoint {
  const { body, status, invalidBytes } = answer.http;
  return {
    type: 'checkpoint',
    requested_at: formatInstant(asked.requestedMicros),
    received_at: formatInstant(asked.receivedMicros),
    url: answer.url,
    status,
    token_ids: [...asked.tokens],
    omitted: [...answer.omitted],
    payload_sha256: hash('sha256', body, 'hex'),
    raw_text: body,
    ...(invalidBytes === undefined
      ? {}
      : { raw_base64: Buffer.from(invalidBytes).toString('base64') }),
    ...(asked.cycleId === undefined ? {} : { cycle_id: asked.cycleId }),
    ...(answer.error === null ? {} : { error: answer.error }),
  };
}
