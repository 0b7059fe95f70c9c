import { civilFromDays, daysFromCivil } from './calendar.ts';
import { type Duration, SECOND, saturated } from './duration.ts';
import { type Location, UTC } from './location.ts';

const SECONDS_PER_DAY = 86_400;
const NS_PER_SECOND = 1_000_000_000;
/** Unix time of 0001-01-01T00:00:00Z, Go's zero time. */
const ZERO_UNIX = -62_135_596_800;

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;
export const DAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

/** Go's time.Month, 1 to 12. It never equals an int. */
export class Month {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  get mapKey(): string {
    return `${this.number}`;
  }

  toString(): string {
    return MONTHS[this.number - 1] ?? `%!Month(${this.number})`;
  }
}

/** Go's time.Weekday, 0 (Sunday) to 6. It never equals an int. */
export class Weekday {
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  get mapKey(): string {
    return `${this.number}`;
  }

  toString(): string {
    return DAYS[this.number] ?? `%!Weekday(${this.number})`;
  }
}

/** What a clock and a calendar on the wall show. */
export interface WallClock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Go's time.Time: an instant with nanoseconds, and the zone in which it is read. */
export class Time {
  /** Whole seconds since 1970, rounded down. */
  readonly unix: number;
  /** 0 to 999,999,999. */
  readonly nanosecond: number;
  readonly location: Location;
  #wall: WallClock | undefined;

  constructor(unix: number, nanosecond: number, location: Location) {
    this.unix = unix;
    this.nanosecond = nanosecond;
    this.location = location;
  }

  get mapKey(): string {
    return `${this.unix}.${this.nanosecond} ${this.location.name}`;
  }

  get offset(): number {
    return this.location.offset(this.unix);
  }

  get wall(): WallClock {
    this.#wall ??= wallClock(this.unix + this.offset);
    return this.#wall;
  }

  get weekday(): Weekday {
    const days = Math.floor((this.unix + this.offset) / SECONDS_PER_DAY);
    return new Weekday((((days + 4) % 7) + 7) % 7);
  }

  get yearDay(): number {
    const { year, month, day } = this.wall;
    return daysFromCivil(year, month, day) - daysFromCivil(year, 1, 1) + 1;
  }

  /** ISO 8601 year: that of the week's Thursday. */
  get isoYear(): number {
    const { year, month, day } = this.wall;
    const thursday = daysFromCivil(year, month, day) + 3 - ((this.weekday.number + 6) % 7);
    return civilFromDays(thursday).year;
  }

  get isZero(): boolean {
    return this.unix === ZERO_UNIX && this.nanosecond === 0;
  }

  get unixNano(): bigint {
    return BigInt(this.unix) * SECOND + BigInt(this.nanosecond);
  }

  in(location: Location): Time {
    return new Time(this.unix, this.nanosecond, location);
  }

  add(duration: Duration): Time {
    return this.#addNanoseconds(duration.ns);
  }

  /** Difference of instants; beyond 292 years it is the largest or smallest duration. */
  sub(other: Time): Duration {
    return saturated(this.unixNano - other.unixNano);
  }

  /** Years, months and days on the calendar; the clock on the wall stays. */
  addDate(years: number, months: number, days: number): Time {
    const { year, month, day, hour, minute, second } = this.wall;
    return timeOf(
      { year: year + years, month: month + months, day: day + days, hour, minute, second },
      this.nanosecond,
      this.location,
    );
  }

  /** -1, 0 or 1 as this instant is before, at or after the other. */
  compare(other: Time): number {
    return Math.sign(this.unix - other.unix) || Math.sign(this.nanosecond - other.nanosecond) || 0;
  }

  /** Down to a multiple of a duration, counted from the year 1. */
  truncate(unit: Duration): Time {
    return unit.ns <= 0n ? this : this.#addNanoseconds(-this.#remainder(unit));
  }

  /** To the nearest multiple of a duration, halves up. */
  round(unit: Duration): Time {
    if (unit.ns <= 0n) return this;
    const remainder = this.#remainder(unit);
    return this.#addNanoseconds(remainder * 2n < unit.ns ? -remainder : unit.ns - remainder);
  }

  #remainder(unit: Duration): bigint {
    const sinceZero = this.unixNano - BigInt(ZERO_UNIX) * SECOND;
    return ((sinceZero % unit.ns) + unit.ns) % unit.ns;
  }

  #addNanoseconds(ns: bigint): Time {
    const total = BigInt(this.nanosecond) + ns;
    const rest = ((total % SECOND) + SECOND) % SECOND;
    return new Time(this.unix + Number((total - rest) / SECOND), Number(rest), this.location);
  }
}

/** Now, in UTC, to the millisecond. */
export function now(): Time {
  return fromMilliseconds(Date.now());
}

/** The instant so many milliseconds after 1970, in UTC. */
export function fromMilliseconds(milliseconds: number): Time {
  const unix = Math.floor(milliseconds / 1000);
  return new Time(unix, Math.round((milliseconds - unix * 1000) * 1e6), UTC);
}

/**
 * The instant at which a wall clock in a zone shows this (Go's time.Date). Parts outside their range carry over;
 * a local time that a clock change skips is read with the offset before or after it, as Go does.
 */
export function timeOf(wall: WallClock, nanosecond: number, location: Location): Time {
  const carry = Math.floor(nanosecond / NS_PER_SECOND);
  const asUtc =
    daysFromCivil(wall.year, wall.month, wall.day) * SECONDS_PER_DAY +
    wall.hour * 3600 +
    wall.minute * 60 +
    wall.second +
    carry;
  const guess = location.offset(asUtc);
  const unix = guess === 0 ? asUtc : asUtc - location.offset(asUtc - guess);
  return new Time(unix, nanosecond - carry * NS_PER_SECOND, location);
}

function wallClock(local: number): WallClock {
  const days = Math.floor(local / SECONDS_PER_DAY);
  const rest = local - days * SECONDS_PER_DAY;
  const { year, month, day } = civilFromDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
  };
}
