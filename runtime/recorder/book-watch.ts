/** Tokens without a book are asked for again at most this often. */
const ASK_AGAIN_MS = 30_000;

export interface BookSources {
  /** Tokens that the open connection was asked for. */
  readonly subscribed: ReadonlySet<string>;
  /** When the stream last told the whole book of a token, milliseconds of the monotonic clock. */
  lastBook(token: string): number | undefined;
  /** When the stream last told anything about a token. */
  lastSeen(token: string): number | undefined;
}

export interface MissingBooks {
  /** How many tokens lack a book that they should have. */
  readonly count: number;
  /** Those that lack it since the last look. */
  readonly found: readonly string[];
  /** Those worth asking for again now. */
  readonly askAgain: readonly string[];
}

/**
 * Finds subscribed tokens whose opening book never came, although they have one: the stream tells changes of it, or
 * REST shows it. Seen with many tokens on one connection (facts/polymarket.md §3, Limits). Subscribing again gives a
 * fresh book. A token without either may be minted and not open yet, which is nothing to report.
 */
export class BookWatch {
  readonly #limitMs: number;
  /** Since when a token is subscribed on the connection that is open. */
  readonly #since = new Map<string, number>();
  readonly #shownByRest = new Map<string, number>();
  readonly #missing = new Set<string>();
  readonly #asked = new Map<string, number>();
  #connection = '';

  /** @param limitMs how long after its subscription a book may come */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** REST showed books of these tokens at `at`, milliseconds of the monotonic clock. */
  shown(tokens: Iterable<string>, at: number): void {
    for (const token of tokens) this.#shownByRest.set(token, at);
  }

  /**
   * @param connection the open connection, which has other books than the one before, and since when it is open
   * @param now milliseconds of the monotonic clock, as are all times here
   * @param blindUntil until then frames were not looked at, so that books may have come unseen
   */
  look(
    connection: { readonly id: string; readonly openedAt: number },
    sources: BookSources,
    now: number,
    blindUntil: number,
  ): MissingBooks {
    if (connection.id !== this.#connection) this.#forget();
    this.#connection = connection.id;
    const { subscribed } = sources;
    for (const known of [this.#since, this.#asked, this.#shownByRest, this.#missing]) {
      for (const token of known.keys()) if (!subscribed.has(token)) known.delete(token);
    }
    const found: string[] = [];
    const askAgain: string[] = [];
    for (const token of subscribed) {
      const since = this.#since.get(token);
      if (since === undefined) {
        // A look comes later than the subscription, and the book may have come between.
        this.#since.set(token, Math.max(connection.openedAt, now - LOOK_SLACK_MS));
        continue;
      }
      if (now - since < this.#limitMs) continue;
      if (since < blindUntil || !this.#owed(token, since, sources)) {
        this.#missing.delete(token);
        continue;
      }
      if (!this.#missing.has(token)) found.push(token);
      this.#missing.add(token);
      if (now - (this.#asked.get(token) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_MS) {
        this.#asked.set(token, now);
        askAgain.push(token);
      }
    }
    return { count: this.#missing.size, found, askAgain };
  }

  #owed(token: string, since: number, sources: BookSources): boolean {
    if ((sources.lastBook(token) ?? Number.NEGATIVE_INFINITY) >= since) return false;
    const shown = this.#shownByRest.get(token) ?? Number.NEGATIVE_INFINITY;
    const seen = sources.lastSeen(token) ?? Number.NEGATIVE_INFINITY;
    return Math.max(shown, seen) >= since;
  }

  #forget(): void {
    this.#since.clear();
    this.#missing.clear();
    this.#asked.clear();
  }
}

/** Looks are 250 ms apart; this is more, for a machine that is slow. */
const LOOK_SLACK_MS = 1_000;
