/** How long the good answers of a cycle or a round took, in milliseconds. */
export interface Latency {
  readonly median: number;
  readonly p90: number;
  readonly maximum: number;
}

export interface LatencyVerdict {
  readonly latency: Latency | null;
  /** The usual median: that of the cycles before, null while there are too few. */
  readonly usualMs: number | null;
  readonly throttled: boolean;
}

/** Medians that make up what is usual: at one round a minute half an hour, the throttled ones left out. */
const REMEMBERED = 30;
const ENOUGH = 3;
/** Far above both what is usual and what a slow moment of a network takes. */
const FACTOR = 4;
const AT_LEAST_MS = 1_000;

/**
 * Notices throttling: beyond its rate limits the service does not refuse, it answers late (facts/polymarket.md §1,
 * Rate limits).
 */
export class LatencyWatch {
  readonly #medians: number[] = [];

  /** Judges the good answers of one cycle or round and remembers them. */
  judge(milliseconds: readonly number[]): LatencyVerdict {
    const usualMs = this.#medians.length < ENOUGH ? null : quantile(this.#medians, 0.5);
    if (milliseconds.length === 0) return { latency: null, usualMs, throttled: false };
    const latency = {
      median: quantile(milliseconds, 0.5),
      p90: quantile(milliseconds, 0.9),
      maximum: Math.max(...milliseconds),
    };
    const throttled =
      usualMs !== null && latency.median > Math.max(usualMs * FACTOR, usualMs + AT_LEAST_MS);
    if (!throttled) {
      this.#medians.push(latency.median);
      if (this.#medians.length > REMEMBERED) this.#medians.shift();
    }
    return { latency, usualMs, throttled };
  }
}

/** The value below which a share of `values` lies, by nearest rank. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}
