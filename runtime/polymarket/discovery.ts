import {
  GammaError,
  type GammaMarket,
  type GammaMarkets,
  marketsBySeries,
  marketsBySlug,
  SLUGS_PER_REQUEST,
} from './gamma.ts';
import type { HttpClient } from './http.ts';
import { type Choice, type ChoiceSettings, chooseMarkets, type Market } from './market-choice.ts';
import { type Cadence, parseSlug, windowsBetween } from './slug.ts';

/** Series of the Bitcoin Up/Down markets at Gamma (facts/polymarket.md §2). */
const SERIES: Readonly<Record<Cadence, string>> = { '5m': '10684', '15m': '10192' };

/** What one look at Gamma and the clock came to. */
export interface DiscoveryResult extends Choice {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Markets with token ids, inside the time that is looked at. */
  readonly found: readonly Market[];
  /** What went wrong or looked odd, for people. Known markets go on being chosen whatever stands here. */
  readonly problems: readonly string[];
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
  #chosenBefore: ReadonlySet<string> = new Set();

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
    const wanted = this.#wantedSlugs();
    const problems: string[] = [];
    const missing = new Map(wanted.map((slug) => [slug, 'Gamma does not list it']));
    let retryAfterMs: number | null = null;
    for (let from = 0; from < wanted.length; from += SLUGS_PER_REQUEST) {
      const slugs = wanted.slice(from, from + SLUGS_PER_REQUEST);
      try {
        const answer = await marketsBySlug(this.#client, this.#gammaUrl, slugs, signal);
        this.#learn(answer, new Set(slugs), missing, problems);
      } catch (error) {
        if (!(error instanceof GammaError)) throw error;
        problems.push(error.message);
        retryAfterMs = Math.max(retryAfterMs ?? 0, error.retryAfterMs ?? 0) || retryAfterMs;
        for (const slug of slugs) missing.set(slug, 'Gamma could not be asked');
      }
    }
    return this.#result(missing, problems, retryAfterMs);
  }

  /**
   * Compares with Gamma's lists of open events, for markets that the slugs of the clock do not find. Slower and larger
   * than `refresh`; call it every few minutes. What it finds is chosen by the next `refresh`.
   */
  async reconcile(signal?: AbortSignal): Promise<readonly string[]> {
    const problems: string[] = [];
    for (const cadence of this.#settings.cadences) {
      try {
        const answer = await marketsBySeries(this.#client, this.#gammaUrl, SERIES[cadence], signal);
        const before = new Set(this.#known.keys());
        const soon = new Set(this.#wantedSlugs());
        const markets = answer.markets.filter((market) => soon.has(market.slug));
        this.#learn({ ...answer, markets }, soon, new Map(), problems);
        for (const slug of this.#known.keys()) {
          if (!before.has(slug))
            problems.push(`${slug} was found by its series and not by its slug`);
        }
      } catch (error) {
        if (!(error instanceof GammaError)) throw error;
        problems.push(error.message);
      }
    }
    return problems;
  }

  #wantedSlugs(): string[] {
    const now = this.#now();
    const { cadences, lookAhead, keepAfterEnd, windowScale } = this.#settings;
    return cadences.flatMap((cadence) =>
      windowsBetween(cadence, now - keepAfterEnd, now + lookAhead, windowScale).map(
        (window) => window.slug,
      ),
    );
  }

  #learn(
    answer: GammaMarkets,
    asked: ReadonlySet<string>,
    missing: Map<string, string>,
    problems: string[],
  ): void {
    for (const { slug, reason } of answer.unreadable) {
      problems.push(`${slug || 'a row without slug'}: ${reason}`);
      if (missing.has(slug)) missing.set(slug, reason);
    }
    let foreign = 0;
    for (const row of answer.markets) {
      const market = asked.has(row.slug) ? toMarket(row, this.#settings, problems) : null;
      if (market === null) {
        // An unknown or ignored filter makes Gamma answer with other events (facts/polymarket.md §2).
        foreign++;
        continue;
      }
      if (typeof market === 'string') {
        missing.set(row.slug, market);
        continue;
      }
      missing.delete(row.slug);
      const known = this.#known.get(market.slug);
      if (known !== undefined && known.tokens.join() !== market.tokens.join()) {
        problems.push(
          `${market.slug} changed its token ids from ${known.tokens} to ${market.tokens}`,
        );
      }
      this.#known.set(market.slug, market);
    }
    if (foreign > 0) problems.push(`${foreign} markets came that were not asked for`);
  }

  #result(
    missing: ReadonlyMap<string, string>,
    problems: readonly string[],
    retryAfterMs: number | null,
  ): DiscoveryResult {
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
    return {
      ...choice,
      leftOut: [...choice.leftOut, ...unknown],
      at,
      found,
      problems,
      retryAfterMs,
    };
  }
}

const TOKEN_ID = /^\d{1,78}$/;

/** The market; a text with the reason when it cannot be recorded yet; null when it is none of ours. */
function toMarket(
  row: GammaMarket,
  { windowScale }: ChoiceSettings,
  problems: string[],
): Market | string | null {
  const window = parseSlug(row.slug, windowScale);
  if (window === null) return null;
  const tokens = (row.clobTokenIds ?? []).filter((token) => token !== '');
  if (tokens.length === 0) return 'its token ids are not minted yet';
  if (tokens.length !== row.outcomes.length || !tokens.every((token) => TOKEN_ID.test(token))) {
    return `expected a decimal token id for each of ${row.outcomes.length} outcomes, got ${tokens.join(', ')}`;
  }
  const start = row.eventStartTime ? Date.parse(row.eventStartTime) : window.opensAt;
  if (start !== window.opensAt) {
    problems.push(`${row.slug}: eventStartTime ${row.eventStartTime} is not the time in its slug`);
  }
  return { ...window, conditionId: row.conditionId, outcomes: row.outcomes, tokens };
}
