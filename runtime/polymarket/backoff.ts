/** Delays between attempts: doubling from `initialMs` to `maximumMs`, each somewhere in its upper half. */
export class Backoff {
  readonly #initialMs: number;
  readonly #maximumMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(initialMs: number, maximumMs: number, random: () => number = Math.random) {
    this.#initialMs = initialMs;
    this.#maximumMs = Math.max(initialMs, maximumMs);
    this.#random = random;
  }

  /**
   * Milliseconds to wait before the next attempt. The jitter keeps many clients that lost the same server from coming
   * back in one moment. `atLeastMs` is what the server asked for.
   */
  next(atLeastMs = 0): number {
    // 2^40 times the initial delay is beyond every maximum and still exact.
    const full = Math.min(this.#initialMs * 2 ** Math.min(this.#failures, 40), this.#maximumMs);
    this.#failures++;
    return Math.max(atLeastMs, Math.round(full * (0.5 + this.#random() / 2)));
  }

  /** What was tried works again. */
  reset(): void {
    this.#failures = 0;
  }
}
