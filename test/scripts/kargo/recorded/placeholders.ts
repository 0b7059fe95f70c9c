import { type Raw, record } from './record.ts';

const ID_LENGTH = 40;
/** Nothing listened there when it was recorded. */
const CLOSED_PORT = 18089;

const PLACEHOLDER =
  /<(promotion|commit|short-commit|uid|workdir|time|freight-collection)(?::\d+)?>/g;
const PATTERNS: Readonly<Record<string, string>> = {
  promotion: '[a-z0-9.-]+',
  commit: '[0-9a-f]{40}',
  'short-commit': '[0-9a-f]{7}',
  uid: '[0-9a-f-]+',
  workdir: '/[^\\s"\':]+?',
  time: '.+?',
  'freight-collection': '[0-9a-f]{40}',
};

/**
 * A recording with ids in place of the placeholders for ids that nobody knows, so that it can be carried out. The ids are
 * bound: the same ones are expected where the recording has the placeholders.
 */
export function filled(raw: Raw, bindings: Map<string, string>): Raw {
  const inputs = JSON.stringify([
    raw['objects'],
    raw['request'],
    raw['sequence'],
    raw['createdFreight'],
  ]);
  let json = JSON.stringify(raw);
  for (const [placeholder, number] of inputs.matchAll(/"<commit:(\d+)>"/g)) {
    const id = (number ?? '').padStart(ID_LENGTH, 'e');
    bindings.set(placeholder.slice(1, -1), id);
    json = json.replaceAll(placeholder, JSON.stringify(id));
  }
  return record(JSON.parse(json.replaceAll('127.0.0.1:<port>', `127.0.0.1:${CLOSED_PORT}`)));
}

/**
 * Where an answer differs from a recording: one line per difference, none if they agree. A placeholder of the recording
 * stands for any text of its kind, and for the same text each time.
 */
export function differences(
  expected: unknown,
  actual: unknown,
  bindings: Map<string, string> = new Map(),
  path = '',
): readonly string[] {
  if (expected === '<unstable>') return [];
  if (typeof expected === 'string' && typeof actual === 'string') {
    // The recording leaves out the number in the name of a clone's folder.
    return matches(expected, actual.replaceAll(/\/repo-\d+/g, '/repo'), bindings)
      ? []
      : [line(path, expected, actual)];
  }
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) return [line(path, expected, actual)];
    return expected.flatMap((entry, index) =>
      differences(entry, actual[index], bindings, `${path}[${index}]`),
    );
  }
  if (isObject(expected) && isObject(actual)) {
    const before = record(expected);
    const after = record(actual);
    const renamed = new Map(
      Object.keys(before).map((key) => [
        Object.keys(after).find((other) => matches(key, other, bindings)) ?? key,
        key,
      ]),
    );
    const keys = new Set([...renamed.keys(), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      differences(before[renamed.get(key) ?? key], after[key], bindings, `${path}.${key}`),
    );
  }
  return Object.is(expected, actual) ? [] : [line(path, expected, actual)];
}

function matches(expected: string, actual: string, bindings: Map<string, string>): boolean {
  if (!expected.includes('<')) return expected === actual;
  const names: string[] = [];
  let pattern = '';
  let from = 0;
  for (const match of expected.matchAll(PLACEHOLDER)) {
    const known = bindings.get(match[0]);
    pattern += literally(expected.slice(from, match.index));
    if (known !== undefined && match[1] !== 'time') pattern += literally(known);
    else {
      pattern += `(${PATTERNS[match[1] ?? ''] ?? '.+'})`;
      names.push(match[0]);
    }
    from = match.index + match[0].length;
  }
  const found = new RegExp(`^${pattern}${literally(expected.slice(from))}$`, 's').exec(actual);
  if (found === null) return false;
  for (const [index, name] of names.entries()) bindings.set(name, found[index + 1] ?? '');
  return true;
}

function literally(literal: string): string {
  return literal.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function line(path: string, expected: unknown, actual: unknown): string {
  return `${path || '(all)'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
}
