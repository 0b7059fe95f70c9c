import type { Clock } from './clock.ts';

/** Requests per ten seconds of an endpoint (facts/polymarket.md §1, "Rate limits"). */
const LIMITS: Readonly<Record<string, number>> = {
  '/book': 1500,
  '/books': 500,
  '/price': 1500,
  '/midpoint': 1500,
  '/tick-size': 200,
  '/ok': 100,
  '/events': 500,
  '/markets': 300,
};
const SPAN = 10_000;

/** The service delays what exceeds a limit rather than refusing it: a late answer is the first symptom. */
export class Throttle {
  readonly #clock: Clock;
  readonly #starts = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits until a request to `path` fits its sliding window. Endpoints without a limit of their own do not wait. */
  async pass(path: string): Promise<void> {
    const wait = this.#delay(path);
    if (wait > 0) await new Promise<void>((resolve) => this.#clock.after(wait, resolve));
  }

  #delay(path: string): number {
    const endpoint = `/${path.split('/')[1] ?? ''}`;
    const limit = LIMITS[endpoint];
    if (limit === undefined) return 0;
    const now = this.#clock.now();
    const starts = (this.#starts.get(endpoint) ?? []).filter((start) => start > now - SPAN);
    const blocking = starts.at(-limit);
    const start = blocking === undefined ? now : blocking + SPAN;
    starts.push(start);
    this.#starts.set(endpoint, starts);
    return start - now;
  }
}
