import { type MarketState, marketStateAt } from '../calendar/decision.ts';
import { RehearsalError } from './error.ts';
import type { Override } from './result.ts';

const MINUTE_MS = 60_000;
/** A rehearsal takes a minute or two; the market must not open or close in the middle of one. */
const SPAN_MINUTES = 30;
/** No calendar stays open or closed longer than this. */
const SEARCH_MINUTES = 14 * 24 * 60;

/** The clock that Kargo's expressions see: the machine's, moved. */
export interface GateClock {
  now(): Date;
  /** Moves a time of this machine to this clock. */
  moved(time: Date): Date;
  /** What the market gate will decide. */
  readonly market: MarketState;
  /** Null if the clock is the machine's own. */
  readonly override: Override | null;
}

/** A clock whose hands are moved in the middle of a rehearsal: it goes by the last one it was set to. */
export class SwitchedClock implements GateClock {
  #current: GateClock;

  constructor(first: GateClock) {
    this.#current = first;
  }

  get market(): MarketState {
    return this.#current.market;
  }

  get override(): Override | null {
    return this.#current.override;
  }

  now(): Date {
    return this.#current.now();
  }

  moved(time: Date): Date {
    return this.#current.moved(time);
  }

  setTo(clock: GateClock): void {
    this.#current = clock;
  }
}

/**
 * The clock for a rehearsal: at the time asked for, or else the machine's own if the market is then as wanted for the
 * next half hour, or else the next time when it is. Where the calendar does not know today, the machine's own: the gate
 * will say so.
 *
 * @throws RehearsalError MARKET_NEVER_SO
 */
export function gateClock(
  sessions: Readonly<Record<string, string>>,
  wanted: {
    readonly at: Date | null;
    readonly market: 'open' | 'closed';
    /** Where the search for such a time begins; the machine's time where absent. */
    readonly notBefore?: Date;
  },
  machine: () => Date = () => new Date(),
): GateClock {
  const start = machine();
  const target = wanted.at ?? next(sessions, wanted.notBefore ?? start, wanted.market);
  const shift = target.getTime() - start.getTime();
  const moved = (time: Date) => new Date(time.getTime() + shift);
  const market = marketStateAt(sessions, target);
  const why =
    wanted.at === null
      ? `the market is ${marketStateAt(sessions, start)} at the machine's time, and ${wanted.notBefore === undefined ? 'this rehearsal needs' : 'some scenarios need'} it ${wanted.market}`
      : 'asked for with --at; the times in the evidence are moved with it';
  return {
    now: () => moved(machine()),
    moved,
    market,
    override:
      shift === 0
        ? null
        : {
            what: 'clock of the promotion gates',
            manifest: `the cluster's own, now ${start.toISOString()}`,
            rehearsal: `starts at ${target.toISOString()}, when the market is ${market}`,
            why,
          },
  };
}

/** ISO instants in a text, moved. */
export function movedInstants(text: string, clock: GateClock): string {
  return text.replace(/\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z/g, (instant) =>
    clock.moved(new Date(instant)).toISOString(),
  );
}

function next(
  sessions: Readonly<Record<string, string>>,
  start: Date,
  market: 'open' | 'closed',
): Date {
  if (marketStateAt(sessions, start) === 'unknown') return start;
  for (let minute = 0; minute <= SEARCH_MINUTES; minute += 1) {
    const at = new Date(start.getTime() + minute * MINUTE_MS);
    const end = new Date(at.getTime() + SPAN_MINUTES * MINUTE_MS);
    if (marketStateAt(sessions, at) === market && marketStateAt(sessions, end) === market)
      return at;
  }
  throw new RehearsalError(
    'MARKET_NEVER_SO',
    `expected the calendar of kargo/ to say ${market} for ${SPAN_MINUTES} minutes within two weeks from ${start.toISOString()}, found no such time; give one with --at`,
  );
}
