import fc from 'fast-check';
import type { JsonSchema } from './upstream.ts';

export type Place = readonly (string | number)[];

/** What stands where a schema says nothing, or less than ours: something that both take. */
const GIVEN: Readonly<Record<string, unknown>> = {
  subscriptions: [{ git: { repoURL: 'https://g.example/r.git' } }],
  matchLabels: { a: 'b' },
  matchExpressions: [{ key: 'a', operator: 'Exists' }],
  job: { spec: { template: { spec: { containers: [{ name: 'c', image: 'i' }] } } } },
};

/** Valid documents of a schema, as far as it can be told without its alternatives: judge them before use. */
export function documents(schema: JsonSchema, key = '', depth = 0): fc.Arbitrary<unknown> {
  const given = GIVEN[key];
  if (given !== undefined) return fc.constant(given);
  if ('const' in schema) return fc.constant(schema['const']);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as unknown[]));
  if (schema['x-kubernetes-int-or-string'] === true) {
    return fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant('10%'));
  }
  switch (schema['type']) {
    case 'object':
      return maps(schema, depth);
    case 'array': {
      const least = Number(schema['minItems'] ?? 0);
      const items = (schema['items'] ?? {}) as JsonSchema;
      const most = Math.max(least, depth > DEEP ? 0 : 2);
      return schema['uniqueItems'] === true
        ? fc.uniqueArray(documents(items, '', depth + 1), { minLength: 1, maxLength: 2 })
        : fc.array(documents(items, '', depth + 1), { minLength: least, maxLength: most });
    }
    case 'string':
      return texts(schema);
    case 'integer':
    case 'number':
      return fc.integer({ min: Number(schema['minimum'] ?? 0), max: 90 });
    case 'boolean':
      return fc.boolean();
    default:
      return fc.constantFrom<unknown>('text', { a: 1 }, 3);
  }
}

/** Below this, only what is required. */
const DEEP = 7;

function maps(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  const values = schema['additionalProperties'];
  if (typeof values === 'object' && values !== null) {
    return fc.dictionary(
      fc.constantFrom('a', 'b'),
      documents(values as JsonSchema, '', depth + 1),
      {
        maxKeys: 1,
      },
    );
  }
  const keys = Object.keys(properties);
  if (keys.length === 0) return fc.constant({ a: 1 });
  const chosen = fc.subarray(keys, { maxLength: Math.min(keys.length, depth > DEEP ? 0 : 5) });
  return chosen.chain((some) => {
    const wanted = keys.filter((key) => required.includes(key) || some.includes(key));
    return fc.record(
      Object.fromEntries(
        wanted.map((key) => [key, documents(properties[key] ?? {}, key, depth + 1)]),
      ),
    );
  });
}

function texts(schema: JsonSchema): fc.Arbitrary<string> {
  const form = FORMS[String(schema['format'])];
  if (form !== undefined) return fc.constant(form);
  const pattern = schema['pattern'];
  if (typeof pattern === 'string') {
    const made = PATTERNS.filter((one) => new RegExp(pattern).test(one));
    return made.length > 0 ? fc.constantFrom(...made) : fc.stringMatching(new RegExp(pattern));
  }
  return fc.constantFrom('a', 'text', '1.2.3');
}

const FORMS: Readonly<Record<string, string>> = {
  email: 'a@b.example',
  uri: 'https://g.example/o/r',
  'date-time': '2026-11-21T09:30:00Z',
};
const PATTERNS = [
  'a',
  '30s',
  '0644',
  'GET',
  'https://g.example/r.git',
  'application/json',
  'ghcr.io/o/r:tag',
  'linux/amd64',
];

/** One change of a document at one place. */
export interface Change {
  readonly at: Place;
  readonly what: string;
  readonly document: unknown;
}

/** Every document that differs in one place: a key gone, a key too many, a value of another type or an empty one. */
export function changesOf(document: unknown): readonly Change[] {
  return placesIn(document).flatMap((at) =>
    Object.entries(OTHERS).flatMap(([what, other]): readonly Change[] => {
      const changed = replaced(document, at, other);
      return changed === UNCHANGED ? [] : [{ at, what, document: changed }];
    }),
  );
}

const UNCHANGED = Symbol('unchanged');
type Other = (value: unknown) => unknown;
const GONE = Symbol('gone');

const OTHERS: Readonly<Record<string, Other>> = {
  gone: () => GONE,
  'key too many': (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value, zzUnknown: 1 }
      : UNCHANGED,
  number: (value) => (typeof value === 'number' ? UNCHANGED : 7),
  text: (value) => (typeof value === 'string' ? UNCHANGED : 'zz'),
  flag: (value) => (typeof value === 'boolean' ? UNCHANGED : true),
  'empty list': (value) => (Array.isArray(value) && value.length === 0 ? UNCHANGED : []),
  'empty text': (value) => (value === '' ? UNCHANGED : ''),
  'list around it': (value) => [value],
};

function placesIn(value: unknown, at: Place = []): readonly Place[] {
  if (typeof value !== 'object' || value === null) return at.length === 0 ? [] : [at];
  const inner = Object.entries(value).flatMap(([key, entry]) =>
    placesIn(entry, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? inner : [at, ...inner];
}

function replaced(value: unknown, [key, ...rest]: Place, other: Other): unknown {
  if (key === undefined) return other(value);
  const inner = replaced((value as Readonly<Record<string | number, unknown>>)[key], rest, other);
  if (inner === UNCHANGED) return UNCHANGED;
  if (Array.isArray(value)) {
    return inner === GONE ? value.toSpliced(Number(key), 1) : value.with(Number(key), inner);
  }
  const entries = { ...(value as Readonly<Record<string, unknown>>), [key]: inner };
  if (inner === GONE) delete (entries as Record<string | number, unknown>)[key];
  return entries;
}
