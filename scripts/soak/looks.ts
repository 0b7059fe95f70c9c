/** How far apart looks at the recorder are: what a machine leaves of time to those that run on it. */
export class Looks {
  readonly #apart: number[] = [];
  #last: number | null = null;
  #unanswered = 0;

  /** @param now milliseconds of the monotonic clock */
  note(answered: boolean, now: number): void {
    this.#unanswered = answered ? 0 : this.#unanswered + 1;
    if (!answered) return;
    if (this.#last !== null) this.#apart.push(now - this.#last);
    this.#last = now;
  }

  /** Looks since the recorder last answered one. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Milliseconds between looks that were answered; null before there were two. */
  get spread(): { readonly median: number; readonly maximum: number } | null {
    const sorted = this.#apart.toSorted((a, b) => a - b);
    const median = sorted[Math.floor((sorted.length - 1) / 2)];
    const maximum = sorted.at(-1);
    return median === undefined || maximum === undefined ? null : { median, maximum };
  }
}
