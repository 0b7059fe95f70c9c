const LONGEST_MS = 300_000;

/** A container that ran this long starts its back-off anew. */
const RESET_MS = 600_000;

/**
 * Milliseconds before a container that ended is started again: none the first time, then `initialMs`, doubling up to five minutes, as in
 * Kubernetes. `startedAt` is when its last run began.
 */
export function restartDelay(initialMs: number, restarts: number, startedAt: string): number {
  const attempt = Date.now() - Date.parse(startedAt) > RESET_MS ? 0 : restarts;
  return attempt === 0 ? 0 : Math.min(LONGEST_MS, initialMs * 2 ** (attempt - 1));
}
