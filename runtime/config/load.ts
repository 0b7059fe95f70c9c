import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Document, isNode, LineCounter, parseAllDocuments } from 'yaml';
import type { z } from 'zod';
import { messageOf } from '../thrown.ts';
import { ConfigurationError } from './error.ts';
import { allPaths, knownKeys } from './schema-keys.ts';
import { suggestion } from './suggestion.ts';

/** What came out of a YAML file and the overrides laid over it. */
export interface Loaded<T> {
  readonly value: T;
  /** SHA-256 over the effective values (defaults included), keys sorted: equal configurations hash equally. */
  readonly sha256: string;
  /** Dotted paths that the overrides set, for the log; empty when there were none. */
  readonly overridden: readonly string[];
}

/** Values that a program was given beside the file, and how to call where they came from. */
export interface GivenValues {
  readonly values: Readonly<Record<string, unknown>>;
  readonly name: string;
}

/** A configuration file has some kilobytes; more than this is the wrong file. */
const MAX_FILE_BYTES = 1_048_576;
/** A few lines of aliases can stand for gigabytes. */
const MAX_ALIASES = 100;

/**
 * Reads a YAML file, lays the JSON object `overridesJson` deeply over it (objects are merged, everything else is
 * replaced) and checks the result. All that is wrong is reported in one `ConfigurationError`, each with file, line,
 * path, value and, for an unknown key, the one that was probably meant.
 *
 * @param overridesJson text of the environment variable named `overridesName`; undefined or empty means none
 * @param given what is laid over the file before the overrides are laid over both
 */
export function loadYaml<S extends z.ZodType>(
  file: string,
  schema: S,
  overridesJson: string | undefined,
  overridesName = 'ORDERBOOKS_CONFIG_OVERRIDES',
  given: GivenValues = { values: {}, name: '' },
): Loaded<z.infer<S>> {
  const source = parseFile(file, readText(file));
  const overrides = parseOverrides(overridesJson, overridesName);
  const merged = mergeDeeply(mergeDeeply(source.value, given.values), overrides);
  const result = schema.safeParse(merged);
  if (!result.success) {
    const lines = result.error.issues.flatMap((issue) =>
      describeIssue(issue, { file, schema, merged, overrides, overridesName, given, source }),
    );
    throw new ConfigurationError('CONFIG_INVALID', lines.join('\n'), { cause: result.error });
  }
  const sha256 = createHash('sha256').update(canonicalJson(result.data)).digest('hex');
  return {
    value: result.data,
    sha256,
    overridden: leafPaths(mergeDeeply(given.values, overrides)),
  };
}

/** JSON with sorted keys and no spaces: the same values give the same text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

interface Source {
  readonly value: unknown;
  /** `line:column` of the value at `path`, or of its nearest parent in the file. */
  position(path: readonly PropertyKey[], key?: string): string;
}

interface IssuePlace {
  readonly file: string;
  readonly schema: z.ZodType;
  readonly merged: unknown;
  readonly overrides: unknown;
  readonly overridesName: string;
  readonly given: GivenValues;
  readonly source: Source;
}

function readText(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > MAX_FILE_BYTES) {
      throw new ConfigurationError(
        'CONFIG_UNREADABLE',
        `${file}: expected a configuration of at most ${MAX_FILE_BYTES} bytes, got ${text.length}; is it the right file?`,
      );
    }
    return text;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(
      'CONFIG_UNREADABLE',
      `${file}: expected a readable YAML file: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function parseFile(file: string, text: string): Source {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  if (!Array.isArray(documents) || documents.length === 0) {
    return { value: {}, position: () => '1:1' };
  }
  const problems = documents.flatMap((document) => document.errors);
  const [document, second] = documents;
  if (problems.length > 0) {
    throw new ConfigurationError(
      'CONFIG_NOT_YAML',
      problems.map((problem) => `${file}: ${firstLine(problem.message)}`).join('\n'),
    );
  }
  if (second !== undefined) {
    const at = lineColumn(lines, second.range[0]);
    throw new ConfigurationError(
      'CONFIG_NOT_YAML',
      `${file}:${at}: expected one YAML document, found a second one`,
    );
  }
  return {
    value: plainValue(file, document),
    position: (path, key) => positionIn(document, lines, path, key),
  };
}

/** Aliases are resolved only here, and one without its anchor, or too many of them, throw. */
function plainValue(file: string, document: Document | undefined): unknown {
  try {
    return document?.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (error) {
    throw new ConfigurationError(
      'CONFIG_NOT_YAML',
      `${file}: expected aliases that have an anchor, at most ${MAX_ALIASES}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function positionIn(
  document: Document | undefined,
  lines: LineCounter,
  path: readonly PropertyKey[],
  key: string | undefined,
): string {
  for (let length = path.length; length >= 0; length--) {
    const here = path.slice(0, length);
    const whole = key === undefined || length < path.length ? here : [...here, key];
    const node = whole.length === 0 ? document?.contents : document?.getIn(whole, true);
    if (isNode(node) && node.range) return lineColumn(lines, node.range[0]);
  }
  return '1:1';
}

function lineColumn(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}

function parseOverrides(json: string | undefined, name: string): unknown {
  if (json === undefined || json.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new ConfigurationError(
      'CONFIG_OVERRIDES_INVALID',
      `${name}: expected a JSON object such as {"http":{"port":0}}: ${messageOf(error)}`,
      { cause: error },
    );
  }
  if (!isRecord(value)) {
    throw new ConfigurationError(
      'CONFIG_OVERRIDES_INVALID',
      `${name}: expected a JSON object, got ${shown(value)}`,
    );
  }
  return value;
}

/** Lays `over` over `base`: objects are merged, everything else is replaced. */
export function mergeDeeply(base: unknown, over: unknown): unknown {
  if (!isRecord(over)) return over;
  if (!isRecord(base)) return Object.keys(over).length === 0 ? base : over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    merged.set(key, merged.has(key) ? mergeDeeply(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}

function describeIssue(issue: z.core.$ZodIssue, place: IssuePlace): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const known = knownKeys(place.schema, issue.path);
      const near = suggestion(key, known) ?? elsewhere(key, place.schema);
      const hint =
        near === null ? `known keys here: ${known.join(', ')}` : `did you mean ${quoted(near)}?`;
      return `${where(place, issue.path, key)}: ${dotted(path)}: unknown key (value ${shown(valueAt(place.merged, path))}); ${hint}`;
    });
  }
  const value = valueAt(place.merged, issue.path);
  const seen = value === undefined ? 'nothing was given' : `got ${shown(value)}`;
  const text = issue.message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
  const found = where(place, issue.path);
  return [`${found}: ${dotted(issue.path)}: ${text}; ${seen}${beside(issue, place, found)}`];
}

/** What a value of the file was held against may not stand in the file. */
function beside({ code }: z.core.$ZodIssue, place: IssuePlace, found: string): string {
  const { overrides, overridesName, given } = place;
  const over = [given.name, leafPaths(overrides).length > 0 ? overridesName : '']
    .filter((name) => name !== '' && name !== found)
    .join(', ');
  return code !== 'custom' || over === '' ? '' : ` (with ${over} laid over the file)`;
}

/** The same key somewhere else in the schema: the person put it under the wrong parent. */
function elsewhere(key: string, schema: z.ZodType): string | null {
  const byName = new Map(allPaths(schema).map((path) => [path.split('.').at(-1) ?? path, path]));
  const name = suggestion(key, byName.keys());
  return name === null ? null : (byName.get(name) ?? null);
}

function where(place: IssuePlace, path: readonly PropertyKey[], key?: string): string {
  const full = key === undefined ? path : [...path, key];
  if (full.length > 0 && valueAt(place.overrides, full) !== undefined) return place.overridesName;
  if (full.length > 0 && valueAt(place.given.values, full) !== undefined) return place.given.name;
  return `${place.file}:${place.source.position(path, key)}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return here;
}

function leafPaths(value: unknown, prefix = ''): string[] {
  if (!isRecord(value)) return [prefix];
  return Object.entries(value).flatMap(([key, inner]) =>
    leafPaths(inner, prefix === '' ? key : `${prefix}.${key}`),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dotted(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(whole file)' : path.map(String).join('.');
}

function quoted(text: string): string {
  return `"${text}"`;
}

/** A value as JSON, short enough for one line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}
