import { afterEach, describe, expect, it } from 'vitest';
import type { CheckpointRow } from '../../../runtime/archive/row.ts';
import { type Clock, systemClock } from '../../../runtime/observability/clock.ts';
import { createHttpClient, type HttpClient } from '../../../runtime/polymarket/http.ts';
import { BookTracker } from '../../../runtime/recorder/book-tracker.ts';
import { runCheckpoints } from '../../../runtime/recorder/checkpoints.ts';
import { DivergenceJudge } from '../../../runtime/recorder/divergence.ts';
import { recorderMetrics } from '../../../runtime/recorder/metrics.ts';
import { type Reply, type ScriptedServer, scriptedServer } from '../polymarket/gamma-server.ts';
import { until } from './feed-server.ts';
import { silentLogger } from './silent-logger.ts';

const book = (token: string) => ({
  market: '0x1',
  asset_id: token,
  timestamp: '1',
  hash: 'aa',
  bids: [],
  asks: [],
  min_order_size: '5',
  tick_size: '0.01',
  neg_risk: false,
  last_trade_price: '',
});

let server: ScriptedServer;
let client: HttpClient;
let abort: AbortController;
let running: Promise<void>;
afterEach(async () => {
  abort.abort();
  await running;
  await client.close();
  await server.close();
});

async function run(
  answer: (round: number, tokens: string[]) => Reply,
  options: { tokens?: readonly string[]; interval?: number; clock?: Clock } = {},
) {
  let round = 0;
  server = await scriptedServer((_path, _query, body) =>
    answer(
      round++,
      (JSON.parse(body) as { token_id: string }[]).map((one) => one.token_id),
    ),
  );
  client = createHttpClient({ userAgent: 'test', timeoutMs: 300 });
  abort = new AbortController();
  const rows: Omit<CheckpointRow, 'sequence'>[] = [];
  const metrics = recorderMetrics({ revision: '', image: '' });
  const judge = new DivergenceJudge(new BookTracker());
  running = runCheckpoints(
    {
      client,
      clobUrl: server.url,
      interval: options.interval ?? 20,
      clock: options.clock ?? systemClock(),
      tokens: () => options.tokens ?? ['11', '22'],
      write: (row) => void rows.push(row),
      compare: (books, requestedAt, receivedAt) => judge.submit(books, requestedAt, receivedAt),
      metrics,
      logger: silentLogger(),
    },
    abort.signal,
  );
  const counted = async () => (await metrics.checkpoints.get()).values.map(({ value }) => value);
  return { rows, counted, judge, metrics };
}

describe('checkpoints', () => {
  it('archive the body as it came and list what was left out', async () => {
    const raw = `[ ${JSON.stringify(book('11'))} ]\n`;
    const { rows, counted, judge } = await run(() => ({ raw }));
    await until('two rounds', () => rows.length === 2);
    expect(rows[0]).toMatchObject({
      status: 200,
      raw_text: raw,
      token_ids: ['11', '22'],
      omitted: ['22'],
    });
    expect(rows[0]?.error).toBeUndefined();
    expect((await counted())[0]).toBeGreaterThanOrEqual(2);
    expect(judge.pending).toBeGreaterThanOrEqual(2);
  });

  it('ask for at most 250 tokens at once', async () => {
    const tokens = Array.from({ length: 600 }, (_, index) => String(index + 1));
    const sizes: number[] = [];
    const { rows } = await run(
      (_round, asked) => {
        sizes.push(asked.length);
        return { body: asked.map(book) };
      },
      { tokens, interval: 60_000 },
    );
    await until('three requests', () => rows.length === 3);
    expect(sizes).toEqual([250, 250, 100]);
  });

  it.each<[string, Reply, number, RegExp]>([
    [
      '429',
      { status: 429, body: { error: 'Too Many Requests' } },
      429,
      /expected status 200, got 429/,
    ],
    ['a Cloudflare page', { status: 403, raw: '<html>Attention</html>' }, 403, /403: <html>/],
    ['500', { status: 500, raw: '' }, 500, /empty body/],
    ['HTML with status 200', { raw: '<html>' }, 200, /expected a JSON array/],
    ['an object', { body: { error: 'x' } }, 200, /expected a JSON array/],
    ['books of another form', { body: [{ asset_id: 1 }] }, 200, /1 of 1 books/],
    [
      'a truncated body',
      { raw: '[{"asset', truncate: true },
      200,
      /closed|aborted|terminated|mismatch/i,
    ],
    ['silence', { silent: true }, 0, /no whole answer within 300 ms/],
  ])(
    'archive the failure %s with status, error and what came, and go on',
    async (_name, reply, status, error) => {
      const { rows, counted } = await run((round, tokens) =>
        round === 0 ? reply : { body: tokens.map(book) },
      );
      await until('the next round', () => rows.length >= 2);
      expect(rows[0]).toMatchObject({
        status,
        omitted: ['11', '22'],
        raw_text: reply.raw ?? rows[0]?.raw_text,
      });
      expect(rows[0]?.error).toMatch(error);
      expect(rows[1]?.error).toBeUndefined();
      expect((await counted())[1]).toBe(1);
    },
  );

  it('wait as long as Retry-After says', async () => {
    const { rows } = await run((round, tokens) =>
      round === 0
        ? { status: 429, headers: { 'retry-after': '0.4' }, body: {} }
        : { body: tokens.map(book) },
    );
    await until('the second request', () => rows.length === 2);
    const [first, second] = rows.map((row) => Date.parse(row.requested_at));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(390);
  });

  it('tell throttling by answers that come far later than usual', async () => {
    const system = systemClock();
    let slowNs = 0n;
    const clock = { ...system, mono: () => system.mono() + slowNs };
    const { rows, metrics } = await run(
      (round, tokens) => {
        if (round === 4) slowNs += 3_000_000_000n;
        return { body: tokens.map(book) };
      },
      { clock },
    );
    await until('rounds after the slow one', () => rows.length > 6);
    expect((await metrics.throttledRounds.get()).values[0]?.value).toBe(1);
    const counts = (await metrics.checkpointSeconds.get()).values;
    const below = (le: number) => counts.find(({ labels }) => labels.le === le)?.value ?? 0;
    expect(below(3.2) - below(1.6)).toBeGreaterThanOrEqual(1);
  });

  it('stop at once when they are told to, without a row for the request that was cut off', async () => {
    const { rows } = await run(() => ({ silent: true }));
    await until('a request', () => server.requests.length === 1);
    abort.abort();
    await running;
    expect(rows).toEqual([]);
  });
});
