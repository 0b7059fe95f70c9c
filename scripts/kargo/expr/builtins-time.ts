import type { Builtin } from './builtin.ts';
import { asString } from './conversions.ts';
import { parseDuration } from './duration.ts';
import { Fault } from './error.ts';
import { Location, loadLocation } from './location.ts';
import { now } from './time.ts';
import { DATE_LAYOUTS } from './time-layout.ts';
import { parseTime } from './time-parse.ts';
import type { Value } from './value.ts';

export const TIME_BUILTINS: Readonly<Record<string, Builtin>> = {
  now: { call: ([zone]) => (zone instanceof Location ? now().in(zone) : now()) },
  duration: { call: ([text = null]) => parseDuration(asString(text)) },
  timezone: { call: ([name = null]) => loadLocation(asString(name)) },
  date: { call: date },
};

/** `date([zone,] text [, layout [, zone name]])`. */
function date(args: readonly Value[]): Value {
  const zone = args[0] instanceof Location ? args[0] : undefined;
  const [first, layout, name] = zone === undefined ? args : args.slice(1);
  if (first === undefined) throw new Fault('runtime error: index out of range [0] with length 0');
  const text = asString(first);
  if (name !== undefined && layout !== undefined) {
    const format = asString(layout);
    return parseTime(format, text, loadLocation(asString(name)));
  }
  if (layout !== undefined) return parseTime(asString(layout), text, zone);
  for (const candidate of DATE_LAYOUTS) {
    if (!candidate.shape.test(text)) continue;
    try {
      return parseTime(candidate.layout, text, zone);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }
  throw new Fault(`invalid date ${text}`);
}
