import type { TokenWindow } from './subscription.ts';

/** Silent tokens are asked for again at most this often. */
const ASK_AGAIN_MS = 30_000;

export interface AssetSilence {
  /** Tokens that fell silent since the last look. */
  readonly silent: readonly string[];
  /** Tokens worth asking for again now: silent ones, and those of an open window that never showed anything. */
  readonly askAgain: readonly string[];
}

/**
 * Finds tokens that are silent while the connection is not: the service sometimes delivers nothing for single tokens,
 * and subscribing again often helps (facts/polymarket.md §3, per-asset silent non-delivery).
 */
export class AssetWatch {
  readonly #silenceMs: number;
  readonly #silent = new Set<string>();
  readonly #asked = new Map<string, number>();

  /** @param silenceMs how long a token of an open window may show nothing */
  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /**
   * @param wallMs now, milliseconds since 1970, for the windows
   * @param monoMs now, milliseconds of the monotonic clock, as are the times of `lastSeen`
   * @param connectedAtMs since when the connection is open, monotonic; silence before that is no silence
   */
  look(
    tokens: ReadonlyMap<string, TokenWindow>,
    lastSeen: (token: string) => number | undefined,
    wallMs: number,
    monoMs: number,
    connectedAtMs: number,
  ): AssetSilence {
    const silent: string[] = [];
    const askAgain: string[] = [];
    for (const token of this.#silent) if (!tokens.has(token)) this.#silent.delete(token);
    for (const token of this.#asked.keys()) if (!tokens.has(token)) this.#asked.delete(token);
    for (const [token, window] of tokens) {
      if (wallMs < window.opensAt || wallMs >= window.endsAt) {
        this.#silent.delete(token);
        continue;
      }
      const openedMono = monoMs - (wallMs - window.opensAt);
      const quietSince = Math.max(lastSeen(token) ?? 0, openedMono, connectedAtMs);
      if (monoMs - quietSince < this.#silenceMs) {
        this.#silent.delete(token);
        continue;
      }
      if (!this.#silent.has(token)) silent.push(token);
      this.#silent.add(token);
      if (monoMs - (this.#asked.get(token) ?? Number.NEGATIVE_INFINITY) >= ASK_AGAIN_MS) {
        this.#asked.set(token, monoMs);
        askAgain.push(token);
      }
    }
    return { silent, askAgain };
  }
}
