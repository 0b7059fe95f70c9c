import { fields, isFields, valueAt } from './fields.ts';

/** Keyword of ours whose value names a piece of a schema (`file#pointer`), in place of that piece. */
export const DEFERRED = 'deferred';

/**
 * The piece of the schema file `whole` that `place` (`file#pointer`) names, with DEFERRED for what is large below it and
 * for whatever it refers to. What only people read is left out.
 */
export function pieceAt(whole: object, place: string): object {
  const hash = place.indexOf('#');
  const pointer = place.slice(hash + 1);
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
  const found = valueAt(whole, steps);
  if (!isFields(found)) throw new TypeError(`no schema at ${place}`);
  return part(found, place, true) as object;
}

/** Smaller ones take longer to compile by themselves than where they stand. */
const FEWEST_PROPERTIES = 3;
const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', 'patternProperties']);
const SCHEMA_LISTS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf']);
const SCHEMAS: ReadonlySet<string> = new Set([
  ...['additionalProperties', 'contains', 'else', 'if', 'items', 'not', 'propertyNames', 'then'],
]);
const FOR_PEOPLE: ReadonlySet<string> = new Set([
  ...['$id', '$schema', 'definitions', 'description', 'title'],
]);

function part(schema: unknown, place: string, isWhole: boolean): unknown {
  if (!isFields(schema)) return schema;
  const count = Object.keys(fields(schema['properties'])).length;
  if (!isWhole && count >= FEWEST_PROPERTIES) return { [DEFERRED]: place };
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !FOR_PEOPLE.has(key))
      .map(([key, value]) => entry(key, value, place)),
  );
}

function entry(key: string, value: unknown, place: string): readonly [string, unknown] {
  const here = `${place}/${key}`;
  if (key === '$ref') return [DEFERRED, resolved(String(value), place)];
  if (SCHEMAS.has(key)) return [key, part(value, here, false)];
  if (SCHEMA_LISTS.has(key) && Array.isArray(value)) {
    return [key, value.map((one, index) => part(one, `${here}/${index}`, false))];
  }
  if (!NAMED_SCHEMAS.has(key)) return [key, value];
  const named = Object.entries(fields(value)).map(([name, schema]) => {
    const step = encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
    return [name, part(schema, `${here}/${step}`, false)];
  });
  return [key, Object.fromEntries(named)];
}

const BASE = 'schemas:///';

function resolved(reference: string, place: string): string {
  const { pathname, hash } = new URL(reference, `${BASE}${place}`);
  return `${pathname.slice(1)}${hash === '' ? '#' : hash}`;
}
