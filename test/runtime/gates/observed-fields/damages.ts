import { LONG_AGO } from '../bad-observations/variant.ts';
import { COMMIT, DIGEST, OTHER_DIGEST } from '../recorded-run.ts';

/** What becomes of a field on its way from what was observed to who judges it. */
export type Kind =
  | 'absent'
  | 'left out'
  | 'empty'
  | 'stale'
  | 'truncated'
  | 'foreign'
  | 'malformed';
export type Damages = Partial<Record<Kind, unknown>>;

const OTHER_COMMIT = 'e'.repeat(40);
const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const NEXT_CENTURY = '2101-01-01T00:00:00.000Z';
/** A number above is a moment in milliseconds since the epoch: everything in a world is of 2026. */
const LEAST_MOMENT = Date.parse('2020-01-01T00:00:00Z');
/** More than any count of a world. */
const MANY = 1_000_000;

/** What a value is replaced by, by kind; a kind that would change nothing is left out. */
export function damages(value: unknown): Damages {
  const all = { absent: null, 'left out': undefined, ...byType(value) };
  return Object.fromEntries(
    Object.entries(all).filter(([, other]) => JSON.stringify(other) !== JSON.stringify(value)),
  );
}

function byType(value: unknown): Damages {
  if (Array.isArray(value)) {
    return { empty: [], truncated: value.slice(0, Math.floor(value.length / 2)) };
  }
  if (typeof value === 'string') return INSTANT.test(value) ? ofInstant(value) : ofText(value);
  if (typeof value === 'boolean') return { foreign: !value };
  if (typeof value === 'number') {
    return value > LEAST_MOMENT
      ? { stale: Date.parse(LONG_AGO), foreign: Date.parse(NEXT_CENTURY), malformed: -1 }
      : { empty: 0, foreign: value + MANY, malformed: -1 };
  }
  // A good world has none; whatever it is then, it does not belong there.
  return value === undefined ? { foreign: 'foreign', malformed: MANY } : {};
}

function ofInstant(value: string): Damages {
  return {
    empty: '',
    stale: LONG_AGO,
    truncated: value.slice(0, 7),
    foreign: NEXT_CENTURY,
    malformed: 'yesterday',
  };
}

function ofText(value: string): Damages {
  const other = value.replaceAll(DIGEST, OTHER_DIGEST).replaceAll(COMMIT, OTHER_COMMIT);
  return {
    empty: '',
    truncated: value.slice(0, Math.floor(value.length / 2)),
    foreign: other === value ? `foreign-${value}` : other,
    malformed: '<html>',
  };
}
