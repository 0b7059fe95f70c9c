import { request } from 'node:http';
import type { ProbeSpec } from './pod-spec.ts';

export interface ProbeRequest {
  /** For messages: `Readiness`, `Liveness` or `Startup`. */
  readonly title: string;
  readonly spec: ProbeSpec;
  /** Port on this machine. */
  readonly port: number;
  /** Factor on period and delay; below 1 the probe asks more often, while the time that it may fail stays as in the manifest. */
  readonly scale: number;
  readonly signal: AbortSignal;
  /** Called when enough answers in a row agree, and again whenever they come to agree on the opposite. */
  readonly onVerdict: (healthy: boolean, message: string) => void;
}

/** A probe that asks more often than this would only keep the machine busy. */
const SHORTEST_PERIOD_MS = 50;

/** Runs a probe until its signal aborts. */
export async function runProbe(options: ProbeRequest): Promise<void> {
  const { spec, scale, signal } = options;
  const period = Math.max(SHORTEST_PERIOD_MS, spec.periodSeconds * 1000 * scale);
  const failureThreshold = Math.max(
    1,
    Math.ceil((spec.failureThreshold * spec.periodSeconds * 1000) / period),
  );
  let verdict: boolean | undefined;
  let inRow = 0;
  let last: boolean | undefined;
  if (!(await pause(spec.initialDelaySeconds * 1000 * scale, signal))) return;
  while (!signal.aborted) {
    const problem = await ask(options);
    if (signal.aborted) return;
    const success = problem === undefined;
    inRow = success === last ? inRow + 1 : 1;
    last = success;
    if (inRow >= (success ? spec.successThreshold : failureThreshold) && verdict !== success) {
      verdict = success;
      options.onVerdict(success, `${options.title} probe ${problem ?? 'succeeded'}`);
    }
    if (!(await pause(period, signal))) return;
  }
}

/** Waits; false if the signal aborted meanwhile. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve(!signal.aborted);
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

/** Undefined if the probe succeeded, otherwise what went wrong. */
function ask({ spec, port, signal }: ProbeRequest): Promise<string | undefined> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path: spec.httpGet.path,
        agent: false,
        headers: { 'user-agent': 'kube-probe/1.34', connection: 'close' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(spec.timeoutSeconds * 1000)]),
      },
      (response) => {
        response.resume();
        const code = response.statusCode ?? 0;
        const good = code >= 200 && code < 400;
        resolve(good ? undefined : `failed: HTTP probe failed with statuscode: ${code}`);
      },
    );
    outgoing.on('error', (error) => {
      const timedOut = error.cause instanceof Error && error.cause.name === 'TimeoutError';
      const why = timedOut ? 'context deadline exceeded' : error.message;
      resolve(`failed: Get "http://127.0.0.1:${port}${spec.httpGet.path}": ${why}`);
    });
    outgoing.end();
  });
}
