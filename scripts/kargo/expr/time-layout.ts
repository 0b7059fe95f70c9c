/**
 * Go's layouts: a time written as the reference time Mon Jan 2 15:04:05 -0700 MST 2006 would be written. This finds
 * the parts of a layout that stand for something.
 */
const CHUNK =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|__2|_2(?!006)|2|3|4|5|PM|pm|[-Z](?:070000|07:00:00|0700|07:00|07)|[.,](?:0+|9+)(?!\d)/g;

export interface LayoutPart {
  /** Text before the part, to be taken as it is. */
  readonly prefix: string;
  /** The part as written, such as `2006`; undefined at the end. */
  readonly chunk: string | undefined;
}

/** Layouts are few and used again and again; more than this come from data. */
const MAX_REMEMBERED = 100;
const remembered = new Map<string, readonly LayoutPart[]>();

/** The parts of a layout; the last one has no chunk. */
export function partsOf(layout: string): readonly LayoutPart[] {
  const known = remembered.get(layout);
  if (known !== undefined) return known;
  const parts: LayoutPart[] = [];
  let end = 0;
  for (const match of layout.matchAll(CHUNK)) {
    parts.push({ prefix: layout.slice(end, match.index), chunk: match[0] });
    end = match.index + match[0].length;
  }
  parts.push({ prefix: layout.slice(end), chunk: undefined });
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(layout, parts);
  return parts;
}

export function isFraction(chunk: string): boolean {
  return /^[.,]/.test(chunk);
}

export function isOffset(chunk: string): boolean {
  return /^[-Z]0/.test(chunk);
}

export const RFC3339 = '2006-01-02T15:04:05Z07:00';
export const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

const DATE = String.raw`\d{4}-\d\d-\d\d`;
const CLOCK = String.raw`\d{1,2}:\d\d:\d\d(?:[.,]\d+)?`;

/** The layouts that `date` tries one after the other, each with what a text must look like to have a chance. */
export const DATE_LAYOUTS: readonly { readonly layout: string; readonly shape: RegExp }[] = [
  { layout: '2006-01-02', shape: new RegExp(`^${DATE}$`) },
  { layout: '15:04:05', shape: new RegExp(`^${CLOCK}$`) },
  { layout: '2006-01-02 15:04:05', shape: new RegExp(`^${DATE} +${CLOCK}$`) },
  { layout: RFC3339, shape: new RegExp(`^${DATE}T${CLOCK}[Z+-]`) },
  { layout: '02 Jan 06 15:04 MST', shape: /^\d\d +[A-Z]/i },
  { layout: 'Monday, 02-Jan-06 15:04:05 MST', shape: /^[A-Z]+day,/i },
  { layout: 'Mon, 02 Jan 2006 15:04:05 MST', shape: /^[A-Z]{3},/i },
];
