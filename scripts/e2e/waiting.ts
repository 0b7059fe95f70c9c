import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../rehearse/progress.ts';
import { E2eError } from './error.ts';

export type Look<T> = { readonly done: T } | { readonly notYet: string };

/** Short beside everything that is waited for; one kubectl call costs a tenth of it. */
const POLL_INTERVAL_MS = 1000;

/** Looks again and again, telling people what it sees. @throws E2eError NOT_SEEN with what was seen last */
export async function until<T>(
  options: {
    readonly what: string;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly progress: Progress;
  },
  look: () => Promise<Look<T>>,
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    options.signal.throwIfAborted();
    const seen = await look();
    if ('done' in seen) return seen.done;
    if (Date.now() >= deadline) {
      throw new E2eError(
        'NOT_SEEN',
        `expected ${options.what} within ${Math.round(options.timeoutMs / 1000)} s; last seen: ${seen.notYet}`,
      );
    }
    options.progress.current(`waiting for ${options.what}: ${seen.notYet}`);
    await sleep(POLL_INTERVAL_MS, undefined, { signal: options.signal });
  }
}
