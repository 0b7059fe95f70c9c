import type { CycleManifest } from '../archive/manifest.ts';
import type { Market } from '../polymarket/market-choice.ts';
import type { BatchResult } from './batch.ts';

/** What a manifest lists of failures; their number is always whole. */
const LISTED_FAILURES = 50;

type Tokens = Pick<
  CycleManifest,
  'tokens_requested' | 'tokens_answered' | 'tokens_omitted' | 'tokens_unanswered' | 'omitted'
>;

/** Counts what happens in one cycle. */
export class CycleAccount {
  readonly #sequences: number[] = [];
  readonly #answered = new Set<string>();
  readonly #omitted = new Set<string>();
  readonly #failures: string[] = [];
  /** Of good answers, milliseconds. */
  readonly latencies: number[] = [];
  failureCount = 0;
  requests = 0;
  retries = 0;
  rowsLost = 0;

  asked({ milliseconds, good }: { readonly milliseconds: number; readonly good: boolean }): void {
    this.requests++;
    if (good) this.latencies.push(milliseconds);
  }

  /** @param sequence of the archived row, null if it is lost */
  wrote(sequence: number | null): void {
    if (sequence === null) this.rowsLost++;
    else this.#sequences.push(sequence);
  }

  fail(reason: string): void {
    this.failureCount++;
    if (this.#failures.length < LISTED_FAILURES) this.#failures.push(reason);
  }

  take(result: BatchResult): void {
    for (const { books, omitted } of result.answers) {
      for (const book of books) this.#answered.add(book.asset_id);
      for (const token of omitted) this.#omitted.add(token);
    }
    for (const { tokens, reason } of result.failures)
      this.fail(`${tokens.length} tokens: ${reason}`);
  }

  get failures(): readonly string[] {
    return this.#failures;
  }

  get rows(): number {
    return this.#sequences.length;
  }

  /** Rows up to and with the sequence `durable`. */
  rowsUntil(durable: number | null): number {
    return durable === null ? 0 : this.#sequences.filter((sequence) => sequence <= durable).length;
  }

  /** @param at milliseconds since 1970, when the tokens were asked for */
  tokens(markets: ReadonlyMap<string, Market>, at: number): Tokens {
    const answered = [...markets.keys()].filter((token) => this.#answered.has(token)).length;
    const omitted = [...markets].flatMap(([token, market]) =>
      this.#omitted.has(token) && !this.#answered.has(token)
        ? [{ token_id: token, slug: market.slug, window: windowOf(market, at) }]
        : [],
    );
    return {
      tokens_requested: markets.size,
      tokens_answered: answered,
      tokens_omitted: omitted.length,
      tokens_unanswered: markets.size - answered - omitted.length,
      omitted,
    };
  }
}

function windowOf({ opensAt, endsAt }: Market, at: number): 'before' | 'open' | 'after' {
  if (at < opensAt) return 'before';
  return at < endsAt ? 'open' : 'after';
}
