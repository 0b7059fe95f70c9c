import { Duration } from './duration.ts';
import { Fault } from './error.ts';
import { bytesOf } from './go-string.ts';
import { LOCAL, Location, UTC } from './location.ts';
import { Month, Time, Weekday } from './time.ts';
import { formatTime, timeText } from './time-format.ts';
import { RFC3339_NANO } from './time-layout.ts';
import { Sized, type Value } from './value.ts';

/** A method of package time: its Go type without the receiver, and what it does. */
export interface Method<T> {
  readonly type: string;
  readonly call: (self: T, ...args: never[]) => Value;
}

const int = (value: number): bigint => BigInt(value);
const int64 = (value: bigint): Sized => new Sized('int64', value);

type Table<T> = Readonly<Record<string, Method<T>>>;

const TIME: Table<Time> = {
  Add: { type: 'func(time.Duration) time.Time', call: (t, d: Duration) => t.add(d) },
  AddDate: {
    type: 'func(int, int, int) time.Time',
    call: (t, years: bigint, months: bigint, days: bigint) =>
      t.addDate(Number(years), Number(months), Number(days)),
  },
  After: { type: 'func(time.Time) bool', call: (t, u: Time) => t.compare(u) > 0 },
  AppendBinary: {
    type: 'func([]uint8) ([]uint8, error)',
    call: (t, bytes: Uint8Array) => Buffer.concat([bytes, binary(t)]),
  },
  AppendFormat: {
    type: 'func([]uint8, string) []uint8',
    call: (t, bytes: Uint8Array, layout: string) =>
      Buffer.concat([bytes, bytesOf(formatTime(t, layout))]),
  },
  AppendText: {
    type: 'func([]uint8) ([]uint8, error)',
    call: (t, bytes: Uint8Array) => Buffer.concat([bytes, bytesOf(rfc3339(t))]),
  },
  Before: { type: 'func(time.Time) bool', call: (t, u: Time) => t.compare(u) < 0 },
  Clock: { type: 'func() (int, int, int)', call: (t) => int(t.wall.hour) },
  Compare: { type: 'func(time.Time) int', call: (t, u: Time) => int(t.compare(u)) },
  Date: { type: 'func() (int, time.Month, int)', call: (t) => int(t.wall.year) },
  Day: { type: 'func() int', call: (t) => int(t.wall.day) },
  Equal: { type: 'func(time.Time) bool', call: (t, u: Time) => t.compare(u) === 0 },
  Format: { type: 'func(string) string', call: (t, layout: string) => formatTime(t, layout) },
  GoString: { type: 'func() string', call: goString },
  GobEncode: { type: 'func() ([]uint8, error)', call: binary },
  Hour: { type: 'func() int', call: (t) => int(t.wall.hour) },
  ISOWeek: { type: 'func() (int, int)', call: (t) => int(t.isoYear) },
  In: { type: 'func(*time.Location) time.Time', call: (t, location: Location) => t.in(location) },
  IsDST: { type: 'func() bool', call: (t) => t.location.isSummer(t.unix) },
  IsZero: { type: 'func() bool', call: (t) => t.isZero },
  Local: { type: 'func() time.Time', call: (t) => t.in(LOCAL) },
  Location: { type: 'func() *time.Location', call: (t) => t.location },
  MarshalBinary: { type: 'func() ([]uint8, error)', call: binary },
  MarshalJSON: { type: 'func() ([]uint8, error)', call: (t) => bytesOf(`"${rfc3339(t)}"`) },
  MarshalText: { type: 'func() ([]uint8, error)', call: (t) => bytesOf(rfc3339(t)) },
  Minute: { type: 'func() int', call: (t) => int(t.wall.minute) },
  Month: { type: 'func() time.Month', call: (t) => new Month(t.wall.month) },
  Nanosecond: { type: 'func() int', call: (t) => int(t.nanosecond) },
  Round: { type: 'func(time.Duration) time.Time', call: (t, d: Duration) => t.round(d) },
  Second: { type: 'func() int', call: (t) => int(t.wall.second) },
  String: { type: 'func() string', call: timeText },
  Sub: { type: 'func(time.Time) time.Duration', call: (t, u: Time) => t.sub(u) },
  Truncate: { type: 'func(time.Duration) time.Time', call: (t, d: Duration) => t.truncate(d) },
  UTC: { type: 'func() time.Time', call: (t) => t.in(UTC) },
  Unix: { type: 'func() int64', call: (t) => int64(BigInt(t.unix)) },
  UnixMicro: {
    type: 'func() int64',
    call: (t) => int64(BigInt(t.unix) * 1_000_000n + BigInt(Math.floor(t.nanosecond / 1e3))),
  },
  UnixMilli: {
    type: 'func() int64',
    call: (t) => int64(BigInt(t.unix) * 1_000n + BigInt(Math.floor(t.nanosecond / 1e6))),
  },
  UnixNano: { type: 'func() int64', call: (t) => int64(BigInt.asIntN(64, t.unixNano)) },
  Weekday: { type: 'func() time.Weekday', call: (t) => t.weekday },
  Year: { type: 'func() int', call: (t) => int(t.wall.year) },
  YearDay: { type: 'func() int', call: (t) => int(t.yearDay) },
  Zone: { type: 'func() (string, int)', call: (t) => t.location.abbreviation(t.unix) },
  ZoneBounds: { type: 'func() (time.Time, time.Time)', call: zoneStart },
};

const DURATION: Table<Duration> = {
  Abs: { type: 'func() time.Duration', call: (d) => d.abs() },
  Hours: { type: 'func() float64', call: (d) => d.in('hours') },
  Microseconds: { type: 'func() int64', call: (d) => int64(d.microseconds()) },
  Milliseconds: { type: 'func() int64', call: (d) => int64(d.milliseconds()) },
  Minutes: { type: 'func() float64', call: (d) => d.in('minutes') },
  Nanoseconds: { type: 'func() int64', call: (d) => int64(d.ns) },
  Round: { type: 'func(time.Duration) time.Duration', call: (d, unit: Duration) => d.round(unit) },
  Seconds: { type: 'func() float64', call: (d) => d.in('seconds') },
  String: { type: 'func() string', call: (d) => d.toString() },
  Truncate: {
    type: 'func(time.Duration) time.Duration',
    call: (d, unit: Duration) => d.truncate(unit),
  },
};

const MONTH: Table<Month> = { String: { type: 'func() string', call: (m) => m.toString() } };
const WEEKDAY: Table<Weekday> = { String: { type: 'func() string', call: (d) => d.toString() } };
const LOCATION: Table<Location> = { String: { type: 'func() string', call: (l) => l.name } };

const BY_TYPE: Readonly<Record<string, Table<never>>> = {
  'time.Time': TIME,
  'time.Duration': DURATION,
  'time.Month': MONTH,
  'time.Weekday': WEEKDAY,
  '*time.Location': LOCATION,
};

/** Go type (without the receiver) of a method of a type of package time. */
export function timeMethodType(type: string, name: string): string | undefined {
  const table = BY_TYPE[type];
  return table !== undefined && Object.hasOwn(table, name) ? table[name]?.type : undefined;
}

/** The method of a value, bound to it; undefined where it has none of that name. */
export function timeMethod(
  self: Value,
  name: string,
): { type: string; call: (...args: Value[]) => Value } | undefined {
  const bind = <T>(table: Table<T>, target: T) => {
    const method = Object.hasOwn(table, name) ? table[name] : undefined;
    if (method === undefined) return undefined;
    // Who calls it has checked the arguments against the Go type.
    return {
      type: method.type,
      call: (...args: Value[]) => method.call(target, ...(args as never[])),
    };
  };
  if (self instanceof Time) return bind(TIME, self);
  if (self instanceof Duration) return bind(DURATION, self);
  if (self instanceof Month) return bind(MONTH, self);
  if (self instanceof Weekday) return bind(WEEKDAY, self);
  return self instanceof Location ? bind(LOCATION, self) : undefined;
}

function rfc3339(time: Time): string {
  const { year } = time.wall;
  if (year < 0 || year > 9999) {
    throw new Fault('Time.MarshalText: year outside of range [0,9999]');
  }
  return formatTime(time, RFC3339_NANO);
}

/** Version 1 of Go's encoding: seconds since the year 1, nanoseconds, offset in minutes (-1 for UTC). */
function binary(time: Time): Uint8Array {
  const bytes = Buffer.alloc(15);
  bytes[0] = 1;
  bytes.writeBigInt64BE(BigInt(time.unix) + 62_135_596_800n, 1);
  bytes.writeInt32BE(time.nanosecond, 9);
  bytes.writeInt16BE(time.location === UTC ? -1 : Math.trunc(time.offset / 60), 13);
  return bytes;
}

function goString(time: Time): string {
  const { year, month, day, hour, minute, second } = time.wall;
  const { location } = time;
  const other = `time.Location(${JSON.stringify(location.name)})`;
  const zone = location === UTC ? 'time.UTC' : location === LOCAL ? 'time.Local' : other;
  return `time.Date(${year}, time.${new Month(month)}, ${day}, ${hour}, ${minute}, ${second}, ${time.nanosecond}, ${zone})`;
}

/** When the offset that holds at a time began; the zero time in a zone that never changes. */
function zoneStart(time: Time): Time {
  const zero = new Time(-62_135_596_800, 0, UTC);
  const offset = time.offset;
  const day = 86_400;
  const earliest = -4_000_000_000;
  let known = time.unix;
  while (known - day > earliest && time.location.offset(known - day) === offset) known -= day;
  if (known - day <= earliest) return zero;
  let before = known - day;
  while (known - before > 1) {
    const middle = Math.floor((known + before) / 2);
    if (time.location.offset(middle) === offset) known = middle;
    else before = middle;
  }
  return new Time(known, 0, time.location);
}
