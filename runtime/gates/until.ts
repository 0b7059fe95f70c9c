import { formatDuration } from '../config/duration.ts';
import type { CheckContext } from './check.ts';
import { errorText, GateError } from './error.ts';
import { PlatformError } from './platform-error.ts';

/** Half a second: short beside every wait of a policy, and two requests a second are no load for an API server. */
export const POLL_INTERVAL_MS = 500;

export type Probe<T> = { readonly done: T } | { readonly notYet: string };

/**
 * Asks `probe` until it is done. Errors that may pass (a connection to a pod that is going away, a busy API server)
 * count as not yet; others end the wait at once. After `timeoutMs` a GATE_TIMEOUT says what was seen last.
 */
export async function until<T>(
  context: Pick<CheckContext, 'now' | 'wait' | 'signal'>,
  options: {
    readonly what: string;
    readonly timeoutMs: number;
    readonly everyMs?: number;
  },
  probe: () => Promise<Probe<T>>,
): Promise<T> {
  const deadline = context.now().getTime() + options.timeoutMs;
  for (;;) {
    context.signal.throwIfAborted();
    const answer = await attempt(probe);
    if ('done' in answer) return answer.done;
    if (context.now().getTime() >= deadline) {
      throw new GateError(
        'GATE_TIMEOUT',
        `expected ${options.what} within ${formatDuration(options.timeoutMs)}; last seen: ${answer.notYet}`,
      );
    }
    await context.wait(options.everyMs ?? POLL_INTERVAL_MS);
  }
}

async function attempt<T>(probe: () => Promise<Probe<T>>): Promise<Probe<T>> {
  try {
    return await probe();
  } catch (error) {
    if (error instanceof PlatformError && error.transient) return { notYet: errorText(error) };
    throw error;
  }
}
