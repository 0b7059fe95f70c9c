import { createHash } from 'node:crypto';
import { CADENCES, type Cadence, type Window, windowLength } from '../polymarket/slug.ts';
import { randomOf } from './random.ts';

/** The series whose windows follow from the seconds since 1970: the busy ones, and those that can be sped up. */
export const SCALABLE_CADENCES = ['5m', '15m'] as const;

export function isScalable(cadence: Cadence): boolean {
  return cadence === '5m' || cadence === '15m';
}

export type Outcome = 'Up' | 'Down';

/** Everything about a market that is settled when it is minted. It follows from seed and slug alone. */
export interface Market {
  readonly window: Window;
  /** Gamma's numbers of the market and of its event. */
  readonly id: string;
  readonly eventId: string;
  readonly question: string;
  readonly conditionId: string;
  /** Decimal token ids. */
  readonly tokens: Readonly<Record<Outcome, string>>;
  readonly winner: Outcome;
  /** Gamma lists it from here on; `startDate` there. */
  readonly listedAt: number;
  /** The order book exists from here on. */
  readonly activeAt: number;
  /** Gamma calls it closed from here on, which is before the stream says so. */
  readonly closedAt: number;
  /** The book is emptied; after that the token is unknown to book and websocket. */
  readonly settlesAt: number;
}

const SECOND = 1000;
const HOUR = 3_600_000;
/** Markets are minted about a day ahead (facts/polymarket.md §2). */
export const MINTED_AHEAD = 24 * HOUR;
/** Not measured anywhere: long enough that every window a recorder looks ahead to has a book. */
export const ACTIVE_AHEAD = HOUR / 2;
/** Ranges seen after the end of a window: closed in Gamma, and emptied on the stream (facts §2, §7 item 7). */
const CLOSED_AFTER = [51 * SECOND, 90 * SECOND] as const;
const SETTLED_AFTER = [120 * SECOND, 150 * SECOND] as const;
/** Keeps the numbers near the seven digits of the real ones. */
const FIRST_ID = 1_700_000_000;
/** Above every number of the busy series until 2031. */
const OTHER_IDS = 500_000_000;

/** The market of a window. All waiting times shrink with `scale` as the window does. */
export function marketOf(
  seed: string,
  window: Window,
  scale: number,
  activeAhead = ACTIVE_AHEAD,
): Market {
  const random = randomOf(`${seed}/market/${window.slug}`);
  const within = ([low, high]: readonly [number, number]) =>
    Math.round(random.integer(low, high) * scale);
  const number = numberOf(window);
  // Less than a window's length, so that markets of a cadence are minted in the order of their windows.
  const late = Math.floor((random.next() * windowLength(window.cadence, scale)) / 2);
  return {
    window,
    id: String(number),
    eventId: String(number + 1_000_000_000),
    question: question(window),
    conditionId: `0x${digest(`${seed}/condition/${window.slug}`)}`,
    tokens: { Up: token(seed, window, 'Up'), Down: token(seed, window, 'Down') },
    winner: random.chance(0.5) ? 'Up' : 'Down',
    listedAt: window.opensAt - Math.round(MINTED_AHEAD * scale) + late,
    activeAt: window.opensAt - Math.round(activeAhead * scale),
    closedAt: window.endsAt + within(CLOSED_AFTER),
    settlesAt: window.endsAt + within(SETTLED_AFTER),
  };
}

/** Unique: even and odd numbers for the busy series, and beyond them four of every second for the others. */
function numberOf({ cadence, opensAt }: Window): number {
  const second = opensAt / SECOND - FIRST_ID;
  const kind = CADENCES.indexOf(cadence);
  return isScalable(cadence) ? second * 2 + kind : OTHER_IDS + second * 4 + kind;
}

function token(seed: string, window: Window, outcome: Outcome): string {
  return BigInt(`0x${digest(`${seed}/token/${window.slug}/${outcome}`)}`).toString();
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const DAY = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  month: 'long',
  day: 'numeric',
});
const TIME = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hour: 'numeric',
  minute: '2-digit',
});

/** `Bitcoin Up or Down - August 16, 1:00AM-1:05AM ET` as seen; those of 1h and 1d are modelled on their slugs. */
function question(window: Window): string {
  const clock = (at: number) => TIME.format(at).replace(/\s/g, '');
  if (window.cadence === '1d') return `Bitcoin Up or Down on ${DAY.format(window.endsAt)}?`;
  if (window.cadence === '1h') {
    return `Bitcoin Up or Down - ${DAY.format(window.opensAt)}, ${clock(window.opensAt).replace(':00', '')} ET`;
  }
  return `Bitcoin Up or Down - ${DAY.format(window.opensAt)}, ${clock(window.opensAt)}-${clock(window.endsAt)} ET`;
}
