import { errorText } from './error.ts';
import type { Observation, Sample } from './facts.ts';
import { parseMetrics } from './metrics.ts';
import type { Platform } from './platform.ts';
import { readConnections } from './recorder-state.ts';

/** About this many polls over the observation time, whatever its length. */
const POLLS = 20;
/** A scrape every five seconds shows a reconnect of seconds; more often only costs the API server. */
const LONGEST_INTERVAL_MS = 5000;
const SHORTEST_INTERVAL_MS = 250;

export interface ObserveOptions {
  readonly platform: Pick<Platform, 'metrics'>;
  readonly namespace: string;
  readonly pod: string;
  readonly durationMs: number;
  /** If the time ends while no connection is open it goes on until one is, at most this much longer. */
  readonly reconnectWithinMs: number;
  readonly signal: AbortSignal;
  now(): Date;
  wait(milliseconds: number): Promise<void>;
  /** Each poll as it comes: what it saw, or why it saw nothing. */
  onPoll?(poll: Sample | string, elapsedMs: number): void;
}

/** Polls a recorder's metrics, changing nothing. A poll that fails is counted, not fatal; rejects when aborted. */
export async function observe(options: ObserveOptions): Promise<Observation> {
  const { platform, namespace, pod, durationMs, reconnectWithinMs, signal, now, wait } = options;
  const interval = Math.min(
    LONGEST_INTERVAL_MS,
    Math.max(SHORTEST_INTERVAL_MS, durationMs / POLLS),
  );
  const startedAt = now();
  const end = startedAt.getTime() + durationMs;
  const latestEnd = end + reconnectWithinMs;
  const samples: Sample[] = [];
  const failures: string[] = [];
  for (;;) {
    signal.throwIfAborted();
    const begun = now().getTime();
    let open = false;
    let poll: Sample | string;
    try {
      const metrics = parseMetrics(await platform.metrics(namespace, pod));
      poll = { at: now(), metrics };
      samples.push(poll);
      open = readConnections(metrics).problems.length === 0;
    } catch (error) {
      poll = `${now().toISOString()} ${errorText(error)}`;
      failures.push(poll);
    }
    options.onPoll?.(poll, begun - startedAt.getTime());
    if (begun >= latestEnd || (begun >= end && open)) {
      return { startedAt, endedAt: now(), samples, failures };
    }
    const next = begun < end ? end : latestEnd;
    await wait(Math.max(1, Math.min(interval, next - now().getTime())));
  }
}
