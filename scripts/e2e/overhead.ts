import type { Evidence } from '../../runtime/gates/evidence.ts';

/** Where the time of one gate run went; milliseconds. */
export interface Overhead {
  readonly totalMs: number;
  /** Waits that policy, rollout or rotation demand, by what they were for; several may pass at the same time. */
  readonly waits: Readonly<Record<string, number>>;
  /** Time in which at least one of them passed. */
  readonly demandedMs: number;
  /** All else: the gate's own time. */
  readonly overheadMs: number;
  /**
   * Shares of that: the cluster made and started pods of Jobs, their containers ran, and their end was not yet known.
   * Jobs may run at the same time, and containers' times are whole seconds, so these are no sums.
   */
  readonly podStartMs: number;
  readonly containersMs: number;
  readonly endUnknownMs: number;
}

interface Span {
  readonly from: number;
  readonly until: number;
}

/** Null for a document of a release that did not note its waits. */
export function overheadOf(evidence: Evidence): Overhead | null {
  const { waits, jobs = [] } = evidence;
  if (waits === undefined) return null;
  const demanded = waits.map((wait) => spanOf(wait.started_at, wait.finished_at));
  const demandedMs = covered(demanded);
  const own = (spans: readonly Span[]): number => covered([...demanded, ...spans]) - demandedMs;
  const kinds = [...new Set(waits.map((wait) => wait.for))];
  return {
    totalMs: evidence.duration_ms,
    waits: Object.fromEntries(
      kinds.map((kind) => [
        kind,
        covered(
          waits
            .filter((wait) => wait.for === kind)
            .map((wait) => spanOf(wait.started_at, wait.finished_at)),
        ),
      ]),
    ),
    demandedMs,
    overheadMs: Math.max(0, evidence.duration_ms - demandedMs),
    podStartMs: own(
      jobs.map((job) => spanOf(job.created_at, job.container_started_at ?? job.collected_at)),
    ),
    containersMs: own(
      jobs.flatMap(({ container_started_at: from, container_finished_at: until }) =>
        from === null || until === null ? [] : [spanOf(from, until)],
      ),
    ),
    endUnknownMs: own(
      jobs.flatMap(({ container_finished_at: from, collected_at }) =>
        from === null ? [] : [spanOf(from, collected_at)],
      ),
    ),
  };
}

function spanOf(from: string, until: string): Span {
  return { from: Date.parse(from), until: Date.parse(until) };
}

/** Length of what at least one of the spans covers. */
function covered(spans: readonly Span[]): number {
  const sorted = spans
    .filter(({ from, until }) => until > from)
    .sort((left, right) => left.from - right.from);
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { from, until } of sorted) {
    total += Math.max(0, until - Math.max(from, reached));
    reached = Math.max(reached, until);
  }
  return total;
}
