import { setTimeout as wait } from 'node:timers/promises';
import { type Clock, nowMicros } from '../observability/clock.ts';
import { Backoff } from '../polymarket/backoff.ts';
import { checkpointRowOf, type NewCheckpoint } from '../polymarket/checkpoint-row.ts';
import { type BooksAnswer, requestBooks } from '../polymarket/clob.ts';
import type { HttpClient } from '../polymarket/http.ts';
import type { Hold } from './hold.ts';

export interface BatchOptions {
  readonly client: HttpClient;
  readonly clobUrl: string;
  readonly cycleId: string;
  readonly clock: Clock;
  readonly hold: Hold;
  /** Requests for one batch, the first one included. */
  readonly attempts: number;
  readonly retryInitialMs: number;
  readonly retryMaximumMs: number;
  /** Milliseconds left until the cycle's deadline. */
  readonly leftMs: () => number;
  /** Archives what came, whatever it is. */
  readonly write: (row: NewCheckpoint) => void;
  /** Told of each request: how long it took and whether its answer was good. */
  readonly asked: (request: { readonly milliseconds: number; readonly good: boolean }) => void;
  /** Told before a request is made again. */
  readonly again: () => void;
}

/** What became of a batch: the good answers, and what of it has none, with the reason. */
export interface BatchResult {
  readonly answers: readonly BooksAnswer[];
  readonly failures: readonly { readonly tokens: readonly string[]; readonly reason: string }[];
}

/** Refusals that pass: a block of Cloudflare, a restarting engine, a limit (facts/polymarket.md §1). */
const PASSING = new Set([403, 408, 425, 429]);

/**
 * Asks `POST /books` for `tokens` until there is a good answer, the attempts are used up, or `signal` aborts. Every
 * answer and every failure is archived. Never sooner than `Retry-After` says, for this batch and all others.
 */
export async function requestBatch(
  options: BatchOptions,
  tokens: readonly string[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const backoff = new Backoff(options.retryInitialMs, options.retryMaximumMs);
  for (let attempt = 1; ; attempt++) {
    const late = await awaitHold(options, signal);
    if (late !== null) return failed(tokens, late);
    if (attempt > 1) options.again();
    const answer = await ask(options, tokens, signal);
    if (answer.error === null) return { answers: [answer], failures: [] };
    if (signal.aborted) return failed(tokens, `cut off: ${answer.error}`);
    if (isTooLarge(answer) && tokens.length > 1) {
      return await inHalves(options, tokens, signal);
    }
    if (!mayPass(answer))
      return { answers: [answer], failures: [{ tokens, reason: answer.error }] };
    if (attempt >= options.attempts) {
      return failed(tokens, `no good answer in ${attempt} attempts, the last: ${answer.error}`);
    }
    const { retryAfterMs } = answer.http;
    if (retryAfterMs !== null) options.hold.extend(retryAfterMs);
    await pause(backoff.next(), signal);
  }
}

async function inHalves(
  options: BatchOptions,
  tokens: readonly string[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const middle = Math.ceil(tokens.length / 2);
  const first = await requestBatch(options, tokens.slice(0, middle), signal);
  const second = await requestBatch(options, tokens.slice(middle), signal);
  return {
    answers: [...first.answers, ...second.answers],
    failures: [...first.failures, ...second.failures],
  };
}

async function ask(
  options: BatchOptions,
  tokens: readonly string[],
  signal: AbortSignal,
): Promise<BooksAnswer> {
  const { clock, client, clobUrl, cycleId } = options;
  const requestedMicros = nowMicros(clock);
  const from = performance.now();
  const answer = await requestBooks(client, clobUrl, tokens, signal);
  options.asked({ milliseconds: performance.now() - from, good: answer.error === null });
  const receivedMicros = nowMicros(clock);
  options.write(checkpointRowOf(answer, { tokens, requestedMicros, receivedMicros, cycleId }));
  return answer;
}

/** Waits as long as the service asked for. Why there is no point in it, or null when it may be asked. */
async function awaitHold(options: BatchOptions, signal: AbortSignal): Promise<string | null> {
  // Another batch may be told to wait longer meanwhile.
  while (!signal.aborted && options.hold.remainingMs > 0) {
    const { remainingMs } = options.hold;
    if (remainingMs >= options.leftMs()) {
      return `the service asked to be left alone for another ${Math.ceil(remainingMs)} ms, longer than this cycle may last`;
    }
    await pause(remainingMs, signal);
  }
  return signal.aborted ? 'cut off before it was asked for' : null;
}

/** Whether asking again may help: not when whole books came and some have no known form. */
function mayPass({ http, books }: BooksAnswer): boolean {
  if (http.error !== null || http.status === 0) return true;
  return http.status === 200 ? books.length === 0 : PASSING.has(http.status) || http.status >= 500;
}

/** `Payload exceeds the limit`: half as many tokens may pass (facts/polymarket.md §1). */
function isTooLarge({ http }: BooksAnswer): boolean {
  return http.status === 413 || (http.status === 400 && http.body.includes('limit'));
}

function failed(tokens: readonly string[], reason: string): BatchResult {
  return { answers: [], failures: [{ tokens, reason }] };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // An abort is how the pause is meant to be cut short; the callers look at the signal.
  await wait(milliseconds, undefined, { signal }).catch(() => undefined);
}
