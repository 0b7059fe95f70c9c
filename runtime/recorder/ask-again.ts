import type { Beside } from './beside.ts';
import type { TokenWindow } from './subscription.ts';

type BesideLike = Pick<Beside, keyof Beside>;

export interface AskAgainOptions {
  /** Opens a connection for `tokens` beside the slot's own. */
  readonly open: (tokens: readonly string[]) => BesideLike;
  /** Ends and renews the subscription of `tokens` on the slot's own connection. */
  readonly renew: (tokens: readonly string[]) => void;
  /** When the slot's own connection last told of a token, and its whole book; milliseconds of the monotonic clock. */
  readonly lastSeen: (token: string) => number | undefined;
  readonly lastBook: (token: string) => number | undefined;
  /** A token that was quiet for so long has nothing to lose. */
  readonly silenceMs: number;
}

/** At the same time. One is usual; beyond these a token waits for its next turn, half a minute later. */
const LARGEST_BESIDE = 3;
/** Frames that were on their way when a subscription ended do not prove the new one; later than this they do. */
const SETTLED_AFTER_MS = 2_000;

interface Asked {
  readonly beside: BesideLike;
  /** When the subscription was renewed; null while the connection beside has not answered. */
  renewedAt: number | null;
}

/**
 * Asks the service again for tokens that are silent or lack their book, without a moment in which nothing is
 * subscribed: for a fresh book a subscription must be ended and begun again (asked for what it has, the service says `NO
 * NEW ASSETS`), and between the two frames would be missed. So a connection beside takes the tokens first; only when it
 * has answered is the slot's own subscription renewed, and it stays until that one delivers. Where it never does, as with
 * tokens that the service forgot for good, the connection beside is what records them.
 */
export class AskAgain {
  readonly #options: AskAgainOptions;
  #asked: Asked[] = [];

  constructor(options: AskAgainOptions) {
    this.#options = options;
  }

  /** Asks for `tokens`; those that a connection beside has are asked for at once. */
  ask(tokens: readonly string[], nowMs: number): void {
    const rest = new Set(tokens);
    for (const one of this.#asked) {
      const here = one.beside.tokens.filter((token) => rest.delete(token));
      if (one.renewedAt !== null && here.length > 0) this.#renew(one, here, nowMs);
    }
    if (rest.size === 0 || this.#asked.length >= LARGEST_BESIDE) return;
    this.#asked.push({ beside: this.#options.open([...rest]), renewedAt: null });
  }

  /**
   * What is due; called several times a second.
   * @param nowMs milliseconds of the monotonic clock
   * @param wallMs milliseconds since 1970, for the windows of `wanted`
   */
  tick(nowMs: number, wallMs: number, wanted: ReadonlyMap<string, TokenWindow>): void {
    for (const one of this.#asked) {
      const { beside } = one;
      beside.tick(nowMs);
      if (beside.isEnded) this.#ended(one, nowMs);
      else if (one.renewedAt === null) {
        if (beside.isAnswered) this.#renew(one, beside.tokens, nowMs);
      } else if (!beside.isClosing && !this.#isNeeded(one, wallMs, wanted)) void beside.close();
    }
    this.#asked = this.#asked.filter(({ beside }) => !beside.isEnded);
  }

  /** Closes what is open, within `limitMs` each. */
  async stop(limitMs: number): Promise<void> {
    await Promise.all(this.#asked.map(({ beside }) => beside.close(limitMs)));
  }

  #renew(one: Asked, tokens: readonly string[], nowMs: number): void {
    one.renewedAt = nowMs;
    this.#options.renew(tokens);
  }

  /** A connection beside that gave no answer: what is silent is asked for without it, the others half a minute later. */
  #ended(one: Asked, nowMs: number): void {
    if (one.renewedAt !== null) return;
    const { lastSeen, silenceMs, renew } = this.#options;
    const quiet = one.beside.tokens.filter(
      (token) => nowMs - (lastSeen(token) ?? Number.NEGATIVE_INFINITY) >= silenceMs,
    );
    if (quiet.length > 0) renew(quiet);
  }

  /** While the window of a token is not over and the slot's own connection does not deliver it. */
  #isNeeded(
    { beside, renewedAt }: Asked,
    wallMs: number,
    wanted: ReadonlyMap<string, TokenWindow>,
  ): boolean {
    const { lastSeen, lastBook } = this.#options;
    const since = renewedAt ?? Number.POSITIVE_INFINITY;
    return beside.tokens.some((token) => {
      const window = wanted.get(token);
      if (window === undefined || window.endsAt <= wallMs) return false;
      const told = lastBook(token) ?? Number.NEGATIVE_INFINITY;
      const seen = lastSeen(token) ?? Number.NEGATIVE_INFINITY;
      return told < since && seen < since + SETTLED_AFTER_MS;
    });
  }
}
