import { afterEach, describe, expect, it } from 'vitest';
import { type BatchOptions, requestBatch } from '../../../runtime/collector/batch.ts';
import { Hold } from '../../../runtime/collector/hold.ts';
import { systemClock } from '../../../runtime/observability/clock.ts';
import type { NewCheckpoint } from '../../../runtime/polymarket/checkpoint-row.ts';
import { createHttpClient, type HttpClient } from '../../../runtime/polymarket/http.ts';
import type { Reply, ScriptedServer } from '../polymarket/gamma-server.ts';
import { askedFor, bookOf, goodBooks, service } from './service.ts';

const TOKENS = ['11', '22', '33', '44'];
const HTML = '<html><title>Attention Required! | Cloudflare</title></html>';

let server: ScriptedServer;
let client: HttpClient;
afterEach(async () => {
  await client.close();
  await server.close();
});

async function request(
  books: (body: string, count: number) => Reply,
  change: Partial<BatchOptions> = {},
  signal = new AbortController().signal,
) {
  server = await service(books);
  client = createHttpClient({ userAgent: 'test', timeoutMs: 150 });
  const rows: NewCheckpoint[] = [];
  let retries = 0;
  const options: BatchOptions = {
    client,
    clobUrl: server.url,
    cycleId: 'run-1',
    clock: systemClock(),
    hold: new Hold(),
    attempts: 3,
    retryInitialMs: 1,
    retryMaximumMs: 4,
    leftMs: () => 5_000,
    write: (row) => void rows.push(row),
    asked: () => undefined,
    again: () => void retries++,
    ...change,
  };
  const result = await requestBatch(options, TOKENS, signal);
  return { result, rows, retries: () => retries };
}

describe('a batch of POST /books', () => {
  it('is archived exactly as received, with what was asked and what was left out', async () => {
    const raw = JSON.stringify([bookOf('22'), bookOf('11')], null, 1);
    const { result, rows } = await request(() => ({ raw }));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ raw_text: raw, status: 200, cycle_id: 'run-1' });
    expect(rows[0]?.token_ids).toEqual(TOKENS);
    expect(rows[0]?.omitted).toEqual(['33', '44']);
    expect(result.failures).toEqual([]);
    expect(result.answers[0]?.books.map((book) => book.asset_id)).toEqual(['22', '11']);
  });

  it.each<[string, Reply, number]>([
    ['a 429 without a time', { status: 429, body: { error: 'Too Many Requests' } }, 429],
    ["Cloudflare's 403 page", { status: 403, raw: HTML }, 403],
    ['403 as plain text', { status: 403, raw: 'error code: 1010' }, 403],
    ['a 500', { status: 500, raw: '' }, 500],
    ['a 503', { status: 503, body: { error: 'Trading is currently disabled' } }, 503],
    ['HTML with status 200', { raw: HTML }, 200],
    ['an object', { body: { error: 'x' } }, 200],
    ['a truncated body', { raw: '[{"asset_id":"11"', truncate: true }, 200],
    ['a body that drips', { drip: true }, 200],
    ['silence', { silent: true }, 0],
  ])('is asked for again after %s, and both answers are archived', async (_, bad, status) => {
    const { result, rows, retries } = await request((body, count) =>
      count === 0 ? bad : goodBooks(body),
    );
    expect(result.failures).toEqual([]);
    expect(rows.map((row) => [row.status, row.error === undefined])).toEqual([
      [status, false],
      [200, true],
    ]);
    expect(retries()).toBe(1);
    if (bad.raw !== undefined) expect(rows[0]?.raw_text).toBe(bad.raw);
  });

  it('keeps the bytes of a body that is no text', async () => {
    const bytes = Buffer.from([0x5b, 0xff, 0xfe, 0x5d]);
    const { rows } = await request((body, count) => (count === 0 ? { bytes } : goodBooks(body)));
    expect(Buffer.from(rows[0]?.raw_base64 ?? '', 'base64')).toEqual(bytes);
    expect(rows[0]?.error).toContain('UTF-8');
    expect(rows[1]).not.toHaveProperty('raw_base64');
  });

  it('gives up after its attempts and says what came last', async () => {
    const { result, rows } = await request(() => ({ status: 502, raw: 'bad gateway' }));
    expect(rows).toHaveLength(3);
    expect(result.failures).toEqual([
      {
        tokens: TOKENS,
        reason: 'no good answer in 3 attempts, the last: expected status 200, got 502: bad gateway',
      },
    ]);
  });

  it('is not asked for again when the service refuses it for good', async () => {
    const { result, rows } = await request(() => ({ status: 404, body: { error: 'x' } }));
    expect(rows).toHaveLength(1);
    expect(result.failures[0]?.reason).toContain('got 404');
  });

  it('takes the good books of an answer where one has no known form, and says so', async () => {
    const { result, rows } = await request(() => ({ body: [bookOf('11'), { asset_id: 7 }] }));
    expect(rows).toHaveLength(1);
    expect(result.answers[0]?.books).toHaveLength(1);
    expect(result.failures[0]?.reason).toContain('1 of 2 books');
  });

  it('is halved while it exceeds the limit', async () => {
    const { result, rows } = await request((body) =>
      askedFor(body).length > 1
        ? { status: 400, body: { error: 'Payload exceeds the limit' } }
        : goodBooks(body),
    );
    expect(result.failures).toEqual([]);
    expect(result.answers.flatMap(({ books }) => books.map((book) => book.asset_id))).toEqual(
      TOKENS,
    );
    expect(rows.map((row) => row.token_ids.length)).toEqual([4, 2, 1, 1, 2, 1, 1]);
  });

  it('waits as long as Retry-After says, and holds other batches too', async () => {
    let mono = 0;
    const hold = new Hold(() => mono);
    const answered: number[] = [];
    const waiting = request(
      (body, count) => {
        answered.push(mono);
        if (count === 0) {
          // The clock of the hold stands still until the answer is there: only it can end the wait.
          setTimeout(() => {
            mono = 1_000;
          }, 30);
          return { status: 429, headers: { 'retry-after': '1' }, body: {} };
        }
        return goodBooks(body);
      },
      { hold, retryMaximumMs: 1 },
    );
    const { result } = await waiting;
    expect(result.failures).toEqual([]);
    expect(answered).toEqual([0, 1_000]);
    hold.extend(500);
    expect(hold.remainingMs).toBe(500);
  });

  it('is given up at once when the service wants to be left alone beyond the deadline', async () => {
    const { result, rows } = await request(
      () => ({ status: 429, headers: { 'retry-after': '120' }, body: {} }),
      { leftMs: () => 1_000 },
    );
    expect(rows).toHaveLength(1);
    expect(result.failures[0]?.reason).toContain('asked to be left alone');
  });

  it('ends soon after an abort, and what was cut off is archived as that', async () => {
    const stop = new AbortController();
    const { result, rows } = await request(
      () => {
        setImmediate(() => stop.abort());
        return { silent: true };
      },
      {},
      stop.signal,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ status: 0, raw_text: '' });
    expect(result.failures[0]?.reason).toContain('cut off');
  });
});
