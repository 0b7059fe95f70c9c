/** When a token's window is open; milliseconds since 1970. */
export interface TokenWindow {
  readonly opensAt: number;
  readonly endsAt: number;
}

export interface SubscriptionChange {
  readonly added: readonly string[];
  readonly gone: readonly string[];
}

/** Which tokens a connection should have, which it was asked for, and which are over. */
export class Subscription {
  #wanted: ReadonlyMap<string, TokenWindow> = new Map();
  #asked: ReadonlySet<string> = new Set();
  readonly #resolved = new Set<string>();

  /** Number of tokens that the current connection was asked for. */
  get size(): number {
    return this.#asked.size;
  }

  /** Tokens that the current connection was asked for. */
  get tokens(): ReadonlySet<string> {
    return this.#asked;
  }

  get isEmpty(): boolean {
    return this.#targets().length === 0;
  }

  has(token: string): boolean {
    return this.#asked.has(token);
  }

  want(wanted: ReadonlyMap<string, TokenWindow>): void {
    this.#wanted = wanted;
    for (const token of this.#resolved) if (!wanted.has(token)) this.#resolved.delete(token);
  }

  /** What to tell the service so that it has what is wanted; afterwards it counts as told. */
  align(): SubscriptionChange {
    const targets = new Set(this.#targets());
    const change = {
      added: [...targets].filter((token) => !this.#asked.has(token)),
      gone: [...this.#asked].filter((token) => !targets.has(token)),
    };
    this.#asked = targets;
    return change;
  }

  /** A subscription dies with its socket (facts/polymarket.md §3). */
  forget(): void {
    this.#asked = new Set();
  }

  /**
   * The service said that everything subscribed is resolved. Those whose window is over at `now` are not asked for
   * again, so that the service does not close the next connection for them; others stay, whatever it said.
   */
  noteResolved(now: number): void {
    for (const token of this.#asked) {
      const window = this.#wanted.get(token);
      if (window !== undefined && window.endsAt <= now) this.#resolved.add(token);
    }
  }

  /**
   * For how long, in milliseconds, some subscribed token's window has been open at `now`; null when none is. Only such
   * tokens must trade: those before and after may be quiet for minutes.
   */
  openForMs(now: number): number | null {
    let longest: number | null = null;
    for (const token of this.#asked) {
      const window = this.#wanted.get(token);
      if (window === undefined || window.opensAt > now || window.endsAt <= now) continue;
      longest = Math.max(longest ?? 0, now - window.opensAt);
    }
    return longest;
  }

  #targets(): string[] {
    return [...this.#wanted.keys()].filter((token) => !this.#resolved.has(token));
  }
}
