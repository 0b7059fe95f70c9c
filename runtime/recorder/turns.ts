/** A connection as the others see it. */
export interface Neighbour {
  /** True from the start of an attempt to the end of what came of it. */
  readonly isLive: boolean;
}

/**
 * Keeps the starts of redundant connections apart, so that what ends connections of one age does not end them all in
 * one moment. While nothing else lives a connection never waits: then every second costs frames.
 */
export class Turns {
  readonly #apartMs: number;
  readonly #nowMs: () => number;
  #lastStart = Number.NEGATIVE_INFINITY;

  /**
   * @param apartMs least time between two starts
   * @param nowMs milliseconds of the monotonic clock
   */
  constructor(apartMs: number, nowMs: () => number) {
    this.#apartMs = apartMs;
    this.#nowMs = nowMs;
  }

  /** Milliseconds to wait beside `others`, or 0: then the start is taken and counts from now. */
  take(others: readonly Neighbour[]): number {
    const now = this.#nowMs();
    const wait = this.#lastStart + this.#apartMs - now;
    if (wait > 0 && others.some((other) => other.isLive)) return wait;
    this.#lastStart = now;
    return 0;
  }
}
