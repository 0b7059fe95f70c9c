import type { ErrorObject } from 'ajv';
import { suggestion } from '../../runtime/config/suggestion.ts';
import { isFields, shown, valueAt } from './fields.ts';
import { schemaErrors } from './schema-store.ts';
import type { Path } from './source-file.ts';

/** What is wrong with a value, in our words. */
export interface SchemaFault {
  readonly path: Path;
  /** Whether it is about the key at `path` rather than the value there. */
  readonly atKey: boolean;
  /** Such as `no such field`, or `expected text; got 3`. */
  readonly problem: string;
  readonly fix: string;
  readonly seen: unknown;
  /** Whether the type is right and only the form of the value is not. */
  readonly aboutForm: boolean;
}

/** Faults of `value` against the schema at `schema` below `schemas/`, in the order of the schema. */
export function schemaFaults(schema: string, value: unknown): readonly SchemaFault[] {
  const errors = schemaErrors(schema, value);
  const dropped = errors.filter((error) => isAlternative(error)).flatMap(branchesToDrop);
  const faults = new Map<string, SchemaFault>();
  for (const error of errors) {
    if (dropped.some((drop) => drop(error))) continue;
    const fault = faultOf(error, value);
    if (fault === null) continue;
    const key = `${fault.path.join('\n')}\n\n${fault.problem}`;
    if (!faults.has(key)) faults.set(key, fault);
  }
  return [...faults.values()];
}

type Drop = (error: ErrorObject) => boolean;

function isAlternative({ keyword }: ErrorObject): boolean {
  return keyword === 'anyOf' || keyword === 'oneOf';
}

/**
 * Where no alternative fits, one of them is told: what the constraint says of itself, or else the first, as further ones
 * only let expressions through.
 */
function branchesToDrop(alternative: ErrorObject): readonly Drop[] {
  const inside = (error: ErrorObject, prefix: string): boolean =>
    error.schemaPath.startsWith(prefix) && isAt(error.instancePath, alternative.instancePath);
  if (saidExpectation(alternative) !== null || onlyTypes(alternative) !== null) {
    return [(error) => inside(error, `${alternative.schemaPath}/`)];
  }
  return [
    (error) => error === alternative,
    (error) =>
      inside(error, `${alternative.schemaPath}/`) && !inside(error, `${alternative.schemaPath}/0/`),
  ];
}

function isAt(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}/`);
}

function faultOf(error: ErrorObject, value: unknown): SchemaFault | null {
  const path = pathOf(error.instancePath, value);
  const { keyword, params } = error;
  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    return {
      path: [...path, key],
      atKey: true,
      problem: 'no such field',
      fix: fieldAdvice(error, key),
      ...NO_VALUE,
    };
  }
  if (keyword === 'required') {
    const key = String(params['missingProperty']);
    return {
      path: [...path, key],
      atKey: false,
      problem: 'is missing',
      fix: `add ${key}`,
      ...NO_VALUE,
    };
  }
  if (keyword === 'if' || keyword === 'propertyNames') return null;
  const expected = expectation(error);
  if (error.propertyName !== undefined) {
    return {
      path: [...path, error.propertyName],
      atKey: true,
      problem: `expected ${expected} as key`,
      fix: 'correct the key',
      seen: error.propertyName,
      aboutForm: true,
    };
  }
  const seen = valueAt(value, path);
  return {
    path,
    atKey: false,
    problem: `expected ${expected}${isFields(seen) || Array.isArray(seen) ? seenKind(error, seen) : `; got ${shown(seen)}`}`,
    fix: valueAdvice(error, seen),
    seen,
    aboutForm: keyword !== 'type' && keyword !== 'anyOf',
  };
}

const NO_VALUE = { seen: undefined, aboutForm: false } as const;

function seenKind({ keyword }: ErrorObject, seen: unknown): string {
  if (keyword !== 'type') return '';
  return Array.isArray(seen) ? '; got a list' : '; got a map';
}

function fieldAdvice({ parentSchema }: ErrorObject, key: string): string {
  const known = Object.keys((parentSchema?.['properties'] as object | undefined) ?? {});
  const near = suggestion(key, known);
  if (near !== null) return `did you mean ${near}?`;
  return known.length === 0 ? 'remove it' : `fields here are: ${known.toSorted().join(', ')}`;
}

function valueAdvice({ keyword, params, parentSchema }: ErrorObject, seen: unknown): string {
  if (keyword === 'enum' && typeof seen === 'string') {
    const allowed = (params['allowedValues'] as readonly unknown[]).filter(
      (one) => typeof one === 'string',
    );
    const near = suggestion(seen, allowed);
    if (near !== null && near !== seen) return `did you mean ${near}?`;
  }
  const wantsText = [parentSchema?.['type']].flat().includes('string');
  if (keyword === 'type' && wantsText && typeof seen !== 'object') {
    return 'put the value in quotes';
  }
  if (keyword === 'type' && typeof seen === 'string' && /^(\d+|true|false)$/.test(seen)) {
    return 'remove the quotes';
  }
  return 'write a value of the expected form';
}

/** What a schema says of itself. */
function saidExpectation({ parentSchema }: ErrorObject): string | null {
  const said: unknown = parentSchema?.['x-expected'];
  return typeof said === 'string' ? said : null;
}

function expectation(error: ErrorObject): string {
  const { keyword, params } = error;
  if (keyword !== 'type' || !['object', 'array'].includes(String(params['type']))) {
    const said = saidExpectation(error);
    if (said !== null) return said;
  }
  switch (keyword) {
    case 'type':
      return typeWords(params['type'] as string | readonly string[]);
    case 'const':
      return JSON.stringify(params['allowedValue']);
    case 'enum':
      return `one of ${(params['allowedValues'] as readonly unknown[]).map((one) => JSON.stringify(one)).join(', ')}`;
    case 'minLength':
      return params['limit'] === 1
        ? 'a text that is not empty'
        : `at least ${params['limit']} characters`;
    case 'maxLength':
      return `at most ${params['limit']} characters`;
    case 'minItems':
      return params['limit'] === 1
        ? 'a list that is not empty'
        : `at least ${params['limit']} entries`;
    case 'maxItems':
      return `at most ${params['limit']} entries`;
    case 'minProperties':
      return 'a map that is not empty';
    case 'minimum':
      return `a number from ${params['limit']}`;
    case 'maximum':
      return `a number up to ${params['limit']}`;
    case 'pattern':
      return `a text that matches ${params['pattern']}`;
    case 'uniqueItems':
      return 'entries that differ';
    case 'format':
      return params['format'] === 'int32'
        ? 'a number that fits 32 bits'
        : `the form ${params['format']}`;
    default:
      return onlyTypes(error) ?? 'another value';
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map',
  array: 'a list',
  null: 'nothing',
};

function typeWords(types: string | readonly string[]): string {
  return [types]
    .flat()
    .map((type) => TYPE_WORDS[type] ?? type)
    .join(' or ');
}

/** The words for alternatives that are nothing but types. */
function onlyTypes({ keyword, schema }: ErrorObject): string | null {
  if (keyword !== 'anyOf' || !Array.isArray(schema)) return null;
  const types = (schema as readonly Readonly<Record<string, unknown>>[]).map((branch) =>
    Object.keys(branch).every((key) => ['type', 'minimum', 'maximum'].includes(key))
      ? branch['type']
      : undefined,
  );
  return types.every((type) => typeof type === 'string') ? typeWords(types) : null;
}

/** A JSON pointer as the keys and indices it stands for. */
function pathOf(pointer: string, value: unknown): Path {
  const path: (string | number)[] = [];
  let here = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(here) ? Number(key) : key);
    here = valueAt(here, path.slice(-1));
  }
  return path;
}
