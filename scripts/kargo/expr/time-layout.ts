/**
 * Go's layouts: a time written as the reference time Mon Jan 2 15:04:05 -0700 MST 2006 would be written. This finds
 * the parts of a layout that stand for something.
 */
const CHUNK =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|__2|_2(?!006)|2|3|4|5|PM|pm|[-Z](?:070000|07:00:00|0700|07:00|07)|[.,](?:0+|9+)(?!\d)/;

export interface LayoutPart {
  /** Text before the part, to be taken as it is. */
  readonly prefix: string;
  /** The part as written, such as `2006`; undefined at the end. */
  readonly chunk: string | undefined;
  readonly rest: string;
}

/** The first part of a layout. */
export function nextPart(layout: string): LayoutPart {
  const match = CHUNK.exec(layout);
  if (match === null) return { prefix: layout, chunk: undefined, rest: '' };
  const chunk = match[0];
  return {
    prefix: layout.slice(0, match.index),
    chunk,
    rest: layout.slice(match.index + chunk.length),
  };
}

export function isFraction(chunk: string): boolean {
  return /^[.,]/.test(chunk);
}

export function isOffset(chunk: string): boolean {
  return /^[-Z]0/.test(chunk);
}

export const RFC3339 = '2006-01-02T15:04:05Z07:00';
export const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

/** The layouts that `date` tries one after the other. */
export const DATE_LAYOUTS = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  RFC3339,
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
];
