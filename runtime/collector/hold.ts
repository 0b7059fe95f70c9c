/** The time until which a service wants to be left alone (`Retry-After`), for all requests to it. */
export class Hold {
  readonly #now: () => number;
  #until = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds that only go forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The service said to wait this many milliseconds from now. A shorter time does not end a longer one. */
  extend(milliseconds: number): void {
    this.#until = Math.max(this.#until, this.#now() + milliseconds);
  }

  /** Milliseconds that are left of it, 0 when the service may be asked. */
  get remainingMs(): number {
    return Math.max(0, this.#until - this.#now());
  }
}
