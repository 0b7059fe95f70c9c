import { Fault } from './error.ts';
import { zoneAbbreviation, zoneIsSummer } from './zone-name.ts';

const SECONDS_PER_DAY = 86_400;
/** Local mean time holds before the first change of any zone, and calendars differ before 1582. */
const EARLIEST = -6_000_000_000;
/** The last second that a JavaScript Date reaches. */
const LATEST = 8_640_000_000_000;
/** Days whose offset is remembered per zone; bounds the memory of a long-running process. */
const MAX_REMEMBERED_DAYS = 10_000;
/** What ICU knows as time zones beyond the time zone database, which is all that Go knows. */
const ICU_ONLY = new Set(
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(
    ' ',
  ),
);

/** Go's *time.Location. */
export abstract class Location {
  /** Name of the zone; empty for a bare offset. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  get mapKey(): string {
    return this.name;
  }

  toString(): string {
    return this.name;
  }

  /** Seconds east of UTC at a Unix time. */
  abstract offset(unix: number): number;
  /** Name of the offset at a Unix time, such as `EST`; empty if it has none. */
  abstract abbreviation(unix: number): string;
  abstract isSummer(unix: number): boolean;
}

class FixedLocation extends Location {
  readonly #offset: number;

  constructor(name: string, offset: number) {
    super(name);
    this.#offset = offset;
  }

  offset(): number {
    return this.#offset;
  }

  abbreviation(): string {
    return this.name;
  }

  isSummer(): boolean {
    return false;
  }
}

class ZoneLocation extends Location {
  readonly #clock: Intl.DateTimeFormat;
  readonly #days = new Map<number, number | 'changes'>();

  constructor(name: string) {
    super(name);
    this.#clock = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  offset(unix: number): number {
    const second = Math.min(Math.max(unix, EARLIEST), LATEST);
    const day = Math.floor(second / SECONDS_PER_DAY);
    let known = this.#days.get(day);
    if (known === undefined) {
      const start = this.#measure(day * SECONDS_PER_DAY);
      known = start === this.#measure((day + 1) * SECONDS_PER_DAY) ? start : 'changes';
      if (this.#days.size >= MAX_REMEMBERED_DAYS) this.#days.clear();
      this.#days.set(day, known);
    }
    return known === 'changes' ? this.#measure(second) : known;
  }

  abbreviation(unix: number): string {
    return zoneAbbreviation(this.name, unix, this.offset(unix));
  }

  isSummer(unix: number): boolean {
    const named = zoneIsSummer(this.name, unix);
    if (named !== undefined) return named;
    // Without a name: what is ahead of half a year before or after.
    const halfYear = 182 * SECONDS_PER_DAY;
    return this.offset(unix) > Math.min(this.offset(unix - halfYear), this.offset(unix + halfYear));
  }

  /** Asks for the wall clock and takes the difference. */
  #measure(unix: number): number {
    const second = Math.min(Math.floor(unix), LATEST);
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, whole = 0] = (
      this.#clock.format(second * 1000).match(/\d+/g) ?? []
    ).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, whole) / 1000 - second;
  }
}

export const UTC: Location = new FixedLocation('UTC', 0);
/** What Go calls the local zone: UTC as well, because a controller runs with TZ=UTC. */
export const LOCAL: Location = new FixedLocation('UTC', 0);

export function fixedZone(name: string, offset: number): Location {
  return new FixedLocation(name, offset);
}

const loaded = new Map<string, Location>();

/** Go's time.LoadLocation: a name of the time zone database, spelled exactly. Throws Fault. */
export function loadLocation(name: string): Location {
  if (name === '' || name === 'UTC') return UTC;
  if (name === 'Local') return LOCAL;
  const known = loaded.get(name);
  if (known !== undefined) return known;
  if (name.includes('..') || name.startsWith('/') || name.includes('\\')) {
    throw new Fault('time: invalid location name');
  }
  // Intl takes any case, offsets such as +01:00 and some names of its own; the database does not.
  if (!name.split('/').every((part) => /^[A-Z]/.test(part)) || ICU_ONLY.has(name)) {
    throw new Fault(`unknown time zone ${name}`);
  }
  let location: Location;
  try {
    location = new ZoneLocation(name);
  } catch {
    throw new Fault(`unknown time zone ${name}`);
  }
  loaded.set(name, location);
  return location;
}
