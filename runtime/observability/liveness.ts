import type { Condition } from './server.ts';

/**
 * Work that waits this long is stuck, not slow. Long, because a restart costs what waits in memory; and as long as the
 * queue has room nothing is lost yet: at the feed's usual rate it has room for minutes.
 */
export const STUCK_AFTER_MS = 300_000;

/**
 * What `/healthz` says: that the process answers at all (a blocked event loop does not), and that its work moves.
 *
 * A disk that refuses is told apart from one that never answers: after a refusal the work is tried again by itself, and
 * a restart would only lose what waits and meet the same disk, over and over. Who waits for a call that neither
 * returns nor fails waits for ever, and only a new process may come out of it.
 */
export function liveness(work: {
  /** What moves, in words. */
  readonly name: string;
  /** Milliseconds since it should have moved; 0 when nothing is owed. */
  readonly owedForMs: number;
  /** Why it cannot move, in words, when that is known; it is tried again without a restart. */
  readonly trouble: string | null;
}): readonly Condition[] {
  const stuck = work.owedForMs >= STUCK_AFTER_MS && work.trouble === null;
  const seconds = Math.round(work.owedForMs / 1_000);
  return [
    { name: 'alive', ok: true, detail: 'the process answers' },
    {
      name: work.name,
      ok: !stuck,
      detail: stuck
        ? `stuck for ${seconds} s, without an error: expected to move within ${STUCK_AFTER_MS / 1_000} s; a new process may`
        : (work.trouble ?? (seconds === 0 ? 'nothing waits' : `the oldest waits for ${seconds} s`)),
    },
  ];
}
