import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../runtime/config/duration.ts';
import { messageOf } from '../runtime/thrown.ts';

/** What options of several commands are given as. Each throws what commander shows beside the option. */

/** @returns milliseconds of a duration such as `90s` */
export function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (cause) {
    throw new InvalidArgumentError(messageOf(cause));
  }
}

/** An option of milliseconds whose help shows its default as a person would write it. @param otherwise such as `2h` */
export function durationOption(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, description)
    .argParser(duration)
    .default(parseDuration(otherwise), otherwise);
}

export function time(text: string): Date {
  const given = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(given.getTime())) {
    return given;
  }
  throw new InvalidArgumentError('expected a time like 2026-11-20T15:00:00Z, with its zone');
}

export function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('expected a whole number above 0.');
  return Number(text);
}
