import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../observability/clock.ts';
import type { Logger } from '../observability/logger.ts';
import { Backoff } from '../polymarket/backoff.ts';
import { checkpointRowOf, type NewCheckpoint } from '../polymarket/checkpoint-row.ts';
import { BOOKS_PER_REQUEST, type BooksAnswer, requestBooks } from '../polymarket/clob.ts';
import type { HttpClient } from '../polymarket/http.ts';
import { LatencyWatch } from '../polymarket/latency.ts';
import type { RecorderMetrics } from './metrics.ts';

export interface CheckpointOptions {
  readonly client: HttpClient;
  readonly clobUrl: string;
  /** Milliseconds between rounds that succeed. */
  readonly interval: number;
  readonly clock: Clock;
  readonly tokens: () => readonly string[];
  /** Archives the row. */
  readonly write: (row: NewCheckpoint) => void;
  /** Told of the books of every good answer; times are milliseconds of the monotonic clock. */
  readonly compare: (books: BooksAnswer['books'], requestedAt: number, receivedAt: number) => void;
  readonly metrics: RecorderMetrics;
  readonly logger: Logger;
}

/** First pause after a failed round; it doubles up to the checkpoint interval. */
const RETRY_INITIAL_MS = 1_000;
/** How soon to look again while there are no tokens. */
const NO_TOKENS_MS = 100;

/**
 * Asks `POST /books` for all tokens again and again until `signal` aborts, and archives every answer and every failure.
 * Failed rounds are tried again with backoff, never sooner than `Retry-After` says.
 */
export async function runCheckpoints(
  options: CheckpointOptions,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff(Math.min(RETRY_INITIAL_MS, options.interval), options.interval);
  const latency = new LatencyWatch();
  while (!signal.aborted) {
    const tokens = options.tokens();
    const round = tokens.length === 0 ? null : await checkpointRound(options, tokens, signal);
    if (round?.failed === false) backoff.reset();
    if (round !== null) judgeLatency(options, latency, round.goodMs);
    const pause =
      round === null
        ? Math.min(NO_TOKENS_MS, options.interval)
        : round.failed
          ? backoff.next(round.retryAfterMs)
          : options.interval;
    await pauseFor(pause, signal);
  }
}

interface Round {
  readonly failed: boolean;
  /** How long each good answer took. */
  readonly goodMs: readonly number[];
  readonly retryAfterMs: number;
}

async function checkpointRound(
  options: CheckpointOptions,
  tokens: readonly string[],
  signal: AbortSignal,
): Promise<Round> {
  let failed = false;
  let retryAfterMs = 0;
  const goodMs: number[] = [];
  for (let from = 0; from < tokens.length && !signal.aborted; from += BOOKS_PER_REQUEST) {
    const batch = tokens.slice(from, from + BOOKS_PER_REQUEST);
    const asked = options.clock.mono();
    const answer = await checkpoint(options, batch, signal);
    if (answer === null) break;
    const tookMs = Number(options.clock.mono() - asked) / 1e6;
    options.metrics.checkpointSeconds.observe(tookMs / 1_000);
    if (answer.error === null) goodMs.push(tookMs);
    else failed = true;
    retryAfterMs = Math.max(retryAfterMs, answer.http.retryAfterMs ?? 0);
    // Whoever is told to wait and goes on with the next batch is told so again.
    if (answer.http.retryAfterMs !== null) break;
  }
  return { failed, goodMs, retryAfterMs };
}

/** Beyond its rate limits the service answers late before it refuses (facts/polymarket.md §1, Rate limits). */
function judgeLatency(
  { metrics, logger }: CheckpointOptions,
  watch: LatencyWatch,
  goodMs: readonly number[],
): void {
  const { throttled, latency, usualMs } = watch.judge(goodMs);
  if (!throttled) return;
  metrics.throttledRounds.inc();
  logger.warn(
    { latency, usual_ms: usualMs },
    'checkpoints are answered far later than usual: the service may be throttling',
  );
}

/** One request and its row; null when it was cut off because the recorder stops. */
async function checkpoint(
  options: CheckpointOptions,
  tokens: readonly string[],
  signal: AbortSignal,
): Promise<BooksAnswer | null> {
  const { clock, metrics, compare, logger } = options;
  const requested = clock.mono();
  const answer = await requestBooks(options.client, options.clobUrl, tokens, signal);
  if (signal.aborted && answer.http.status === 0) return null;
  const received = clock.mono();
  options.write(
    checkpointRowOf(answer, {
      tokens,
      requestedMicros: clock.wallMicros(requested),
      receivedMicros: clock.wallMicros(received),
    }),
  );
  if (answer.error !== null) {
    metrics.checkpoints.inc({ result: 'failed' });
    logger.warn(
      { url: answer.url, status: answer.http.status },
      `checkpoint failed: ${answer.error}`,
    );
  } else {
    metrics.checkpoints.inc({ result: 'ok' });
    compare(answer.books, Number(requested) / 1e6, Number(received) / 1e6);
  }
  return answer;
}

async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  // An abort is how the pause is meant to be cut short; the caller's loop sees it.
  await wait(milliseconds, undefined, { signal }).catch(() => undefined);
}
