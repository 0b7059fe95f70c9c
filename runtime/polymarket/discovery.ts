import {
  GammaError,
  type GammaMarkets,
  marketsBySeries,
  marketsBySlug,
  SLUGS_PER_REQUEST,
  seriesId,
} from './gamma.ts';
import type { HttpClient } from './http.ts';
import {
  type Choice,
  type ChoiceSettings,
  chooseMarkets,
  type Market,
  nextRollover,
} from './market-choice.ts';
import { marketByTimes, marketOfWindow } from './market-row.ts';
import { type Cadence, slugsOf, type Window, windowsBetween } from './slug.ts';

/** Series of the Bitcoin Up/Down markets at Gamma, and their ids where known (facts/polymarket.md §2). */
const SERIES: Readonly<Record<Cadence, { readonly slug: string; readonly id: string | null }>> = {
  '5m': { slug: 'btc-up-or-down-5m', id: '10684' },
  '15m': { slug: 'btc-up-or-down-15m', id: '10192' },
  '1h': { slug: 'btc-up-or-down-hourly', id: null },
  '4h': { slug: 'btc-up-or-down-4h', id: null },
  '1d': { slug: 'btc-up-or-down-daily', id: '41' },
};

/** What one look at Gamma and the clock came to. */
export interface DiscoveryResult extends Choice {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Markets with token ids, inside the time that is looked at. */
  readonly found: readonly Market[];
  /** What went wrong or looked odd, for people. Known markets go on being chosen whatever stands here. */
  readonly problems: readonly string[];
  /** Those of `problems` that are requests without a usable answer; empty when Gamma answered. */
  readonly failures: readonly string[];
  /** When Gamma said to ask again, milliseconds, or null. */
  readonly retryAfterMs: number | null;
}

/**
 * Finds the Bitcoin Up/Down markets of now and soon. The slugs follow from the clock, so a market is known to exist
 * before Gamma is asked; Gamma gives the token ids. Once learnt, a market is never forgotten before its time is over.
 */
export class Discovery {
  readonly #client: HttpClient;
  readonly #gammaUrl: string;
  readonly #settings: ChoiceSettings;
  readonly #now: () => number;
  readonly #known = new Map<string, Market>();
  readonly #seriesIds = new Map<Cadence, string>();
  #chosenBefore: ReadonlySet<string> = new Set();
  #latest: Latest = { missing: new Map(), problems: [], failures: [], retryAfterMs: null };

  /** @param now milliseconds since 1970 */
  constructor(
    client: HttpClient,
    gammaUrl: string,
    settings: ChoiceSettings,
    now: () => number = Date.now,
  ) {
    this.#client = client;
    this.#gammaUrl = gammaUrl;
    this.#settings = settings;
    this.#now = now;
  }

  /** Asks Gamma for the slugs of the clock, then chooses. Never throws for what Gamma does. */
  async refresh(signal?: AbortSignal): Promise<DiscoveryResult> {
    const wanted = this.#wanted();
    const problems: string[] = [];
    const failures: string[] = [];
    const missing = new Map([...wanted.slugs].map((slug) => [slug, 'Gamma does not list it']));
    let retryAfterMs: number | null = null;
    const slugs = [...wanted.windows.keys()];
    for (let from = 0; from < slugs.length; from += SLUGS_PER_REQUEST) {
      const asked = slugs.slice(from, from + SLUGS_PER_REQUEST);
      try {
        const answer = await marketsBySlug(this.#client, this.#gammaUrl, asked, signal);
        this.#learn(answer, wanted.windows, missing, problems);
      } catch (error) {
        if (!(error instanceof GammaError)) throw error;
        failures.push(error.message);
        retryAfterMs = Math.max(retryAfterMs ?? 0, error.retryAfterMs ?? 0) || retryAfterMs;
        for (const slug of asked) if (missing.has(slug)) missing.set(slug, UNASKED);
      }
    }
    this.#latest = { missing, problems: [...failures, ...problems], failures, retryAfterMs };
    return this.choose();
  }

  /** Chooses among what is known, without asking Gamma: for the moment when a window ends and the next one opens. */
  choose(): DiscoveryResult {
    const { missing, ...latest } = this.#latest;
    const at = this.#now();
    for (const market of this.#known.values()) {
      if (market.endsAt + this.#settings.keepAfterEnd <= at) this.#known.delete(market.slug);
    }
    const found = [...this.#known.values()];
    const choice = chooseMarkets(found, this.#chosenBefore, at, this.#settings);
    this.#chosenBefore = new Set(choice.chosen.map((market) => market.slug));
    const unknown = [...missing]
      .filter(([slug]) => !this.#known.has(slug))
      .map(([slug, reason]) => ({ slug, reason }));
    return { ...choice, ...latest, leftOut: [...choice.leftOut, ...unknown], at, found };
  }

  /** Milliseconds until `choose` may choose otherwise although nothing was learnt; never without a limit. */
  get rolloverInMs(): number {
    if (this.#settings.marketLimit === 0) return Number.POSITIVE_INFINITY;
    const now = this.#now();
    return nextRollover(this.#known.values(), now) - now;
  }

  /**
   * Compares with Gamma's lists of open events, for markets that the slugs of the clock do not find. Slower and larger
   * than `refresh`; call it every few minutes. What it finds is chosen by the next `refresh`.
   */
  async reconcile(signal?: AbortSignal): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const cadence of this.#settings.cadences) {
      try {
        const id = await this.#seriesOf(cadence, signal);
        if (id === null) {
          problems.push(
            `Gamma lists no series ${SERIES[cadence].slug}: ${cadence} is not compared`,
          );
          continue;
        }
        const answer = await marketsBySeries(this.#client, this.#gammaUrl, id, signal);
        this.#learnFromSeries(cadence, answer, problems);
      } catch (error) {
        if (!(error instanceof GammaError)) throw error;
        problems.push(error.message);
      }
    }
    return problems;
  }

  async #seriesOf(cadence: Cadence, signal: AbortSignal | undefined): Promise<string | null> {
    const series = SERIES[cadence];
    const known = series.id ?? this.#seriesIds.get(cadence);
    if (known !== undefined) return known;
    const id = await seriesId(this.#client, this.#gammaUrl, series.slug, signal);
    if (id !== null) this.#seriesIds.set(cadence, id);
    return id;
  }

  /** The windows around now by each slug that they may have; `slugs` are those of the present form. */
  #wanted(): { windows: ReadonlyMap<string, readonly Window[]>; slugs: ReadonlySet<string> } {
    const now = this.#now();
    const { cadences, lookAhead, keepAfterEnd, windowScale } = this.#settings;
    const windows = new Map<string, Window[]>();
    const slugs = new Set<string>();
    for (const cadence of cadences) {
      for (const window of windowsBetween(
        cadence,
        now - keepAfterEnd,
        now + lookAhead,
        windowScale,
      )) {
        slugs.add(window.slug);
        for (const slug of slugsOf(window)) {
          windows.set(slug, [...(windows.get(slug) ?? []), window]);
        }
      }
    }
    return { windows, slugs };
  }

  #learn(
    answer: GammaMarkets,
    wanted: ReadonlyMap<string, readonly Window[]>,
    missing: Map<string, string>,
    problems: string[],
  ): void {
    for (const { slug, reason } of answer.unreadable) {
      problems.push(`${slug || 'a row without slug'}: ${reason}`);
      if (missing.has(slug)) missing.set(slug, reason);
    }
    let foreign = 0;
    for (const row of answer.markets) {
      const windows = wanted.get(row.slug);
      if (windows === undefined) {
        // An unknown or ignored filter makes Gamma answer with other events (facts/polymarket.md §2).
        foreign++;
        continue;
      }
      const market = marketOfWindow(row, windows, problems);
      if (typeof market === 'string') missing.set(row.slug, market);
      else {
        for (const { slug } of windows) missing.delete(slug);
        missing.delete(row.slug);
        this.#know(market, problems);
      }
    }
    if (foreign > 0) problems.push(`${foreign} markets came that were not asked for`);
  }

  #learnFromSeries(cadence: Cadence, answer: GammaMarkets, problems: string[]): void {
    const { windows } = this.#wanted();
    const { lookAhead, keepAfterEnd } = this.#settings;
    const now = this.#now();
    for (const row of answer.markets) {
      if (this.#known.has(row.slug)) continue;
      const expected = windows.get(row.slug);
      const market =
        expected === undefined
          ? marketByTimes(row, cadence)
          : marketOfWindow(row, expected, problems);
      // What is not minted yet is told by `refresh`; what is no market of ours, or not of now, by nobody.
      if (market === null || typeof market === 'string') continue;
      if (market.opensAt > now + lookAhead || market.endsAt + keepAfterEnd <= now) continue;
      problems.push(`${market.slug} was found by its series and not by its slug`);
      this.#know(market, problems);
    }
  }

  #know(market: Market, problems: string[]): void {
    const known = this.#known.get(market.slug);
    if (known !== undefined && known.tokens.join() !== market.tokens.join()) {
      problems.push(
        `${market.slug} changed its token ids from ${known.tokens} to ${market.tokens}`,
      );
    }
    this.#known.set(market.slug, market);
  }
}

const UNASKED = 'Gamma could not be asked';

/** What the last look at Gamma came to, beside the markets. */
interface Latest {
  /** Slugs that gave no market, and why. */
  readonly missing: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
  readonly failures: readonly string[];
  readonly retryAfterMs: number | null;
}
