import { isDeepStrictEqual } from 'node:util';
import type { FieldChange } from './result.ts';

/** Fields by which Kubernetes tells the entries of a list apart, first match first. */
const LIST_KEYS = ['name', 'containerPort', 'port', 'mountPath', 'path', 'ip', 'key'] as const;

/** Every field that differs between two values, by path; what is equal is not mentioned. */
export function fieldChanges(before: unknown, after: unknown, path = ''): readonly FieldChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    return unionOf(Object.keys(before), Object.keys(after)).flatMap((key) =>
      fieldChanges(before[key], after[key], joined(path, key)),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, path);
  return [
    {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}

function listChanges(
  before: readonly unknown[],
  after: readonly unknown[],
  path: string,
): readonly FieldChange[] {
  const key = LIST_KEYS.find((name) => isKeyedBy(name, before) && isKeyedBy(name, after));
  if (key === undefined) {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      fieldChanges(before[index], after[index], `${path}[${index}]`),
    ).flat();
  }
  const old = byKey(before, key);
  const fresh = byKey(after, key);
  const changes = unionOf([...old.keys()], [...fresh.keys()]).flatMap((name) =>
    fieldChanges(old.get(name), fresh.get(name), `${path}[${name}]`),
  );
  if (changes.length > 0) return changes;
  // The same entries in another order: that can matter, for environment variables for one.
  return [{ path: `${path} (order)`, before: [...old.keys()], after: [...fresh.keys()] }];
}

function isKeyedBy(key: string, list: readonly unknown[]): boolean {
  const names = list.map((entry) => (isObject(entry) ? entry[key] : undefined));
  return (
    names.every((name) => typeof name === 'string' || typeof name === 'number') &&
    new Set(names).size === names.length
  );
}

function byKey(list: readonly unknown[], key: string): ReadonlyMap<string, unknown> {
  return new Map(list.map((entry) => [String(isObject(entry) ? entry[key] : ''), entry]));
}

function unionOf(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])];
}

/** Keys with dots or slashes, such as labels, are quoted so that a path can be read in one way only. */
function joined(path: string, key: string): string {
  if (/^[\w-]+$/.test(key)) return path === '' ? key : `${path}.${key}`;
  return `${path}[${JSON.stringify(key)}]`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
