import { daysFromCivil, daysIn, isLeap } from './calendar.ts';
import { Fault } from './error.ts';
import { fixedZone, LOCAL, type Location, UTC } from './location.ts';
import { DAYS, MONTHS, Time, timeOf } from './time.ts';
import { isFraction, isOffset, partsOf } from './time-layout.ts';
import { goDurationQuote as quote } from './time-quote.ts';

/** What was read so far; undefined where the layout has no such part. */
interface Fields {
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  half: 'AM' | 'PM' | undefined;
  utc: boolean;
  offset: number | undefined;
  zoneName: string;
}

/** What a part says no to: a value out of its range, or (undefined) a value that is no such part at all. */
class Refusal extends Error {
  readonly range: string | undefined;
  constructor(range?: string) {
    super(range);
    this.range = range;
  }
}

/**
 * Go's time.Parse, or time.ParseInLocation where a location is given: that is where a time without zone is read, and
 * whose abbreviations and offsets are recognised. Throws Fault with Go's words.
 */
export function parseTime(layout: string, value: string, location?: Location): Time {
  const fields: Fields = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    half: undefined,
    utc: false,
    offset: undefined,
    zoneName: '',
  };
  const parsing = `parsing time ${quote(value)}`;
  const mismatch = (rest: string, part: string) =>
    new Fault(`${parsing} as ${quote(layout)}: cannot parse ${quote(rest)} as ${quote(part)}`);
  const input = { rest: value };
  const parts = partsOf(layout);
  for (const [i, { prefix, chunk }] of parts.entries()) {
    if (!skipText(input, prefix)) throw mismatch(input.rest, prefix);
    if (chunk === undefined) break;
    const before = input.rest;
    try {
      readChunk(input, fields, chunk, parts[i + 1]?.chunk);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.range !== undefined) throw new Fault(`${parsing}: ${error.range} out of range`);
      throw mismatch(before, chunk);
    }
  }
  if (input.rest !== '') throw new Fault(`${parsing}: extra text: ${quote(input.rest)}`);
  const problem = settleDate(fields);
  if (problem !== undefined) throw new Fault(`${parsing}: ${problem}`);
  return build(fields, location ?? UTC, location ?? LOCAL);
}

interface Input {
  rest: string;
}

function readChunk(input: Input, fields: Fields, chunk: string, next: string | undefined): void {
  switch (chunk) {
    case '2006':
      if (!/^\d/.test(input.rest)) throw new Refusal();
      fields.year = integer(take(input, 4));
      return;
    case '06': {
      const year = integer(take(input, 2));
      fields.year = year + (year >= 69 ? 1900 : 2000);
      return;
    }
    case 'January':
      fields.month = oneOf(input, MONTHS) + 1;
      return;
    case 'Jan':
      fields.month = oneOf(input, MONTHS, 3) + 1;
      return;
    case '1':
    case '01':
      fields.month = ranged(number(input, chunk === '01'), 1, 12, 'month');
      return;
    case 'Monday':
      oneOf(input, DAYS);
      return;
    case 'Mon':
      oneOf(input, DAYS, 3);
      return;
    case '_2':
    case '2':
    case '02':
      if (chunk === '_2' && input.rest.startsWith(' ')) input.rest = input.rest.slice(1);
      fields.day = number(input, chunk === '02');
      return;
    case '__2':
    case '002':
      fields.yearDay = readYearDay(input, chunk);
      return;
    case '15':
      fields.hour = ranged(number(input, false), 0, 23, 'hour');
      return;
    case '3':
    case '03':
      fields.hour = ranged(number(input, chunk === '03'), 0, 12, 'hour');
      return;
    case '4':
    case '04':
      fields.minute = ranged(number(input, chunk === '04'), 0, 59, 'minute');
      return;
    case '5':
    case '05':
      fields.second = ranged(number(input, chunk === '05'), 0, 59, 'second');
      // A fraction after the seconds is read even if the layout has none.
      if (/^[.,]\d/.test(input.rest) && !isFraction(next ?? '')) {
        fields.nanosecond = fraction(input);
      }
      return;
    case 'PM':
    case 'pm': {
      const half = take(input, 2);
      if (half !== chunk && half !== (chunk === 'PM' ? 'AM' : 'am')) throw new Refusal();
      fields.half = half.toUpperCase() === 'PM' ? 'PM' : 'AM';
      return;
    }
    case 'MST':
      if (input.rest.startsWith('UTC')) {
        take(input, 3);
        fields.utc = true;
      } else {
        fields.zoneName = take(input, zoneNameLength(input.rest));
      }
      return;
  }
  if (isOffset(chunk)) {
    readOffset(input, fields, chunk);
    return;
  }
  if (chunk[1] === '0') {
    const text = take(input, chunk.length);
    if (!/^[.,]\d+$/.test(text)) throw new Refusal();
    fields.nanosecond = nanoseconds(text);
  } else if (/^[.,]\d/.test(input.rest)) {
    fields.nanosecond = fraction(input);
  }
}

function readYearDay(input: Input, chunk: string): number {
  if (chunk === '__2') input.rest = input.rest.replace(/^ {1,2}/, '');
  const digits = /^\d{1,3}/.exec(input.rest)?.[0] ?? '';
  if (digits === '' || (chunk === '002' && digits.length !== 3)) throw new Refusal();
  return integer(take(input, digits.length));
}

function readOffset(input: Input, fields: Fields, chunk: string): void {
  if (chunk.startsWith('Z') && input.rest.startsWith('Z')) {
    take(input, 1);
    fields.utc = true;
    return;
  }
  const text = take(input, chunk.length);
  const shape = chunk.slice(1).replaceAll(/\d\d/g, '(..)');
  const match = new RegExp(`^(.)${shape}$`, 's').exec(text);
  if (match === null) throw new Refusal();
  const [, sign, ...parts] = match;
  const limits = [
    { most: 24, name: 'hour', seconds: 3600 },
    { most: 60, name: 'minute', seconds: 60 },
    { most: 60, name: 'second', seconds: 1 },
  ];
  let offset = 0;
  let range: string | undefined;
  let digits = true;
  for (const [i, part] of parts.entries()) {
    const limit = limits[i];
    digits &&= /^\d\d$/.test(part);
    if (limit === undefined || !digits) break;
    // What is out of range weighs more than what is no number, and the last of several is named.
    if (Number(part) > limit.most) range = `time zone offset ${limit.name}`;
    offset += Number(part) * limit.seconds;
  }
  if (range !== undefined || !digits || (sign !== '+' && sign !== '-')) throw new Refusal(range);
  fields.offset = sign === '-' ? -offset : offset;
}

/** Length of the abbreviation of a zone, such as `EST`, `GMT+3` or `-07`. */
function zoneNameLength(text: string): number {
  if (text.startsWith('ChST') || text.startsWith('MeST')) return 4;
  const gmt = text.startsWith('GMT') ? 3 : 0;
  if (gmt > 0 || /^[+-]/.test(text)) {
    const signed = /^[+-]\d+/.exec(text.slice(gmt))?.[0] ?? '';
    const length = signed !== '' && Math.abs(Number(signed)) <= 23 ? signed.length : 0;
    if (gmt + length < 3 && gmt === 0 && length === 0) throw new Refusal();
    return gmt + length;
  }
  const capitals = /^[A-Z]{0,6}/.exec(text)?.[0] ?? '';
  switch (capitals.length) {
    case 5:
      if (capitals[4] === 'T') return 5;
      break;
    case 4:
      if (capitals[3] === 'T' || capitals === 'WITA') return 4;
      break;
    case 3:
      return 3;
  }
  throw new Refusal();
}

/** Fills month and day, and says what is impossible about them. */
function settleDate(fields: Fields): string | undefined {
  if (fields.half === 'PM' && fields.hour < 12) fields.hour += 12;
  if (fields.half === 'AM' && fields.hour === 12) fields.hour = 0;
  if (fields.yearDay !== undefined) {
    const last = isLeap(fields.year) ? 366 : 365;
    if (fields.yearDay < 1 || fields.yearDay > last) return 'day-of-year out of range';
    let month = 1;
    let day = fields.yearDay;
    for (; day > daysIn(month, fields.year); month++) day -= daysIn(month, fields.year);
    if (fields.month !== undefined && fields.month !== month) {
      return 'day-of-year does not match month';
    }
    if (fields.day !== undefined && fields.day !== day) return 'day-of-year does not match day';
    fields.month = month;
    fields.day = day;
  }
  const day = fields.day ?? 1;
  return day < 1 || day > daysIn(fields.month ?? 1, fields.year) ? 'day out of range' : undefined;
}

function build(fields: Fields, location: Location, known: Location): Time {
  const { year, month = 1, day = 1, hour, minute, second, nanosecond, offset, zoneName } = fields;
  const at = (zone: Location) =>
    timeOf({ year, month, day, hour, minute, second }, nanosecond, zone);
  if (fields.utc) return at(UTC);
  const asUtc = daysFromCivil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  if (offset !== undefined) {
    const unix = asUtc - offset;
    const same =
      known.offset(unix) === offset && (zoneName === '' || known.abbreviation(unix) === zoneName);
    return new Time(unix, nanosecond, same ? known : fixedZone(zoneName, offset));
  }
  if (zoneName === '') return at(location);
  const named = offsetNamed(known, zoneName, asUtc);
  if (named !== undefined) return new Time(asUtc - named, nanosecond, known);
  const hours = /^GMT([+-]\d+)$/.exec(zoneName)?.[1];
  // Go moves the clock on the wall here, not the instant.
  return new Time(asUtc, nanosecond, fixedZone(zoneName, Number(hours ?? 0) * 3600));
}

/** The offset that a zone calls by a name, near a time or half a year from it. */
function offsetNamed(location: Location, name: string, unix: number): number | undefined {
  const halfYear = 182 * 86_400;
  for (const at of [unix, unix - halfYear, unix + halfYear]) {
    if (location.abbreviation(at) === name) return location.offset(at);
  }
  return undefined;
}

/** Takes literal text; a run of spaces stands for any number of spaces. False where it does not match. */
function skipText(input: Input, text: string): boolean {
  for (let i = 0; i < text.length; ) {
    if (text[i] === ' ') {
      if (input.rest !== '' && !input.rest.startsWith(' ')) return false;
      while (text[i] === ' ') i++;
      input.rest = input.rest.replace(/^ +/, '');
    } else {
      if (input.rest[0] !== text[i]) return false;
      input.rest = input.rest.slice(1);
      i++;
    }
  }
  return true;
}

function take(input: Input, length: number): string {
  if (input.rest.length < length) throw new Refusal();
  const taken = input.rest.slice(0, length);
  input.rest = input.rest.slice(length);
  return taken;
}

function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new Refusal();
  return Number(text);
}

/** A number of one or two digits; exactly two if fixed. */
function number(input: Input, fixed: boolean): number {
  const digits = /^\d{1,2}/.exec(input.rest)?.[0] ?? '';
  if (digits === '' || (fixed && digits.length === 1)) throw new Refusal();
  return integer(take(input, digits.length));
}

function ranged(value: number, from: number, to: number, name: string): number {
  if (value < from || value > to) throw new Refusal(name);
  return value;
}

/** Index of the name that the input starts with, in any case; of each name so many letters count. */
function oneOf(input: Input, names: readonly string[], letters?: number): number {
  const rest = input.rest.toLowerCase();
  const index = names.findIndex((name) => rest.startsWith(name.slice(0, letters).toLowerCase()));
  if (index === -1) throw new Refusal();
  take(input, (names[index] ?? '').slice(0, letters).length);
  return index;
}

function fraction(input: Input): number {
  return nanoseconds(take(input, /^.\d+/.exec(input.rest)?.[0].length ?? 0));
}

/** Of the digits after the point nine count. */
function nanoseconds(text: string): number {
  return Number(text.slice(1, 10).padEnd(9, '0'));
}
