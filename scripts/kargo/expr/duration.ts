import { Fault } from './error.ts';
import { goDurationQuote } from './time-quote.ts';

const MICROSECOND = 1_000n;
const MILLISECOND = 1_000_000n;
export const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const MAX = 2n ** 63n - 1n;
const MIN = -(2n ** 63n);

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: MICROSECOND,
  µs: MICROSECOND,
  μs: MICROSECOND,
  ms: MILLISECOND,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
};

/** Go's time.Duration: signed 64-bit nanoseconds. */
export class Duration {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = BigInt.asIntN(64, ns);
  }

  get mapKey(): string {
    return `${this.ns}`;
  }

  /** How many of a unit, with a fraction. */
  in(unit: 'hours' | 'minutes' | 'seconds'): number {
    const size = unit === 'hours' ? HOUR : unit === 'minutes' ? MINUTE : SECOND;
    return Number(this.ns / size) + Number(this.ns % size) / Number(size);
  }

  milliseconds(): bigint {
    return this.ns / MILLISECOND;
  }

  microseconds(): bigint {
    return this.ns / MICROSECOND;
  }

  abs(): Duration {
    return this.ns >= 0n ? this : new Duration(this.ns === MIN ? MAX : -this.ns);
  }

  truncate(unit: Duration): Duration {
    return unit.ns <= 0n ? this : new Duration(this.ns - (this.ns % unit.ns));
  }

  /** To the nearest multiple, halves away from zero; what does not fit becomes the largest or smallest duration. */
  round(unit: Duration): Duration {
    if (unit.ns <= 0n) return this;
    const remainder = this.ns % unit.ns;
    const size = remainder < 0n ? -remainder : remainder;
    if (size * 2n < unit.ns) return new Duration(this.ns - remainder);
    return saturated(this.ns - remainder + (this.ns < 0n ? -unit.ns : unit.ns));
  }

  /** As Go prints it: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
  toString(): string {
    const sign = this.ns < 0n ? '-' : '';
    const ns = this.ns < 0n ? -this.ns : this.ns;
    if (ns === 0n) return '0s';
    if (ns < MICROSECOND) return `${sign}${ns}ns`;
    if (ns < MILLISECOND) return `${sign}${decimal(ns, MICROSECOND)}µs`;
    if (ns < SECOND) return `${sign}${decimal(ns, MILLISECOND)}ms`;
    const seconds = `${decimal(ns % MINUTE, SECOND)}s`;
    if (ns < MINUTE) return `${sign}${seconds}`;
    const minutes = `${(ns / MINUTE) % 60n}m${seconds}`;
    return ns < HOUR ? `${sign}${minutes}` : `${sign}${ns / HOUR}h${minutes}`;
  }
}

/** A duration that does not wrap: beyond the range it is the largest or smallest one. */
export function saturated(ns: bigint): Duration {
  return new Duration(ns > MAX ? MAX : ns < MIN ? MIN : ns);
}

/** Go's time.ParseDuration; throws Fault with Go's words. */
export function parseDuration(text: string): Duration {
  const quoted = goDurationQuote(text);
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return new Duration(0n);
  const invalid = () => new Fault(`time: invalid duration ${quoted}`);
  if (rest === '') throw invalid();
  let total = 0n;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const [taken = '', whole = '', fraction = ''] = number ?? [];
    if (whole === '' && fraction === '') throw invalid();
    rest = rest.slice(taken.length);
    const name = /^[^\d.]*/.exec(rest)?.[0] ?? '';
    if (name === '') throw new Fault(`time: missing unit in duration ${quoted}`);
    const unit = UNITS[name];
    if (unit === undefined) {
      throw new Fault(`time: unknown unit ${goDurationQuote(name)} in duration ${quoted}`);
    }
    rest = rest.slice(name.length);
    total += BigInt(whole || '0') * unit + fractionOf(fraction, unit);
    if (total > -MIN) throw invalid();
  }
  if (!negative && total > MAX) throw invalid();
  return new Duration(negative ? -total : total);
}

/** Go keeps as many digits as an int64 holds and multiplies as floats. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n;
  let scale = 1;
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit);
    if (next > MAX) break;
    value = next;
    scale *= 10;
  }
  return value === 0n ? 0n : BigInt(Math.trunc(Number(value) * (Number(unit) / scale)));
}

function decimal(value: bigint, unit: bigint): string {
  const digits = `${unit}`.length - 1;
  const fraction = `${value % unit}`.padStart(digits, '0').replace(/0+$/, '');
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`;
}
