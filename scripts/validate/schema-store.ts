import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { ajvFormats } from './schema-formats.ts';
import { DEFERRED, pieceAt } from './schema-pieces.ts';

/** What `schemas/index.json` says of a kind. */
export interface KnownKind {
  /** Path of its schema below `schemas/`. */
  readonly schema: string;
  /** Absent for kinds that are not Kubernetes' own. */
  readonly namespaced?: boolean;
}

/** `apiVersion/kind` of every kind with a schema. */
export function knownKinds(): ReadonlyMap<string, KnownKind> {
  kinds ??= new Map(Object.entries((read('index.json') as Index).kinds));
  return kinds;
}

/**
 * Errors of `value` against the schema at `path` below `schemas/`; empty if it is valid.
 *
 * @param path a schema that exists; another one is a programming error and throws
 */
export function schemaErrors(path: string, value: unknown): readonly ErrorObject[] {
  if (isValid(path, value)) return [];
  const explain = explaining(path);
  return explain(value) ? [] : (explain.errors ?? []);
}

/** Whether `value` is valid, without the reasons. */
export function isValid(path: string, value: unknown): boolean {
  return piece(`${path}#`)(value);
}

interface Index {
  readonly kinds: Readonly<Record<string, KnownKind>>;
}

const FOLDER = new URL('../../schemas/', import.meta.url);
/** Schemas refer to each other by these addresses; nothing is fetched. */
const BASE = 'schemas:///';
/** What other schemas refer to. */
const SHARED = [
  'kubernetes.json',
  'subscriptions/chart.json',
  'subscriptions/git.json',
  'subscriptions/image.json',
];

let kinds: ReadonlyMap<string, KnownKind> | undefined;

const OPTIONS: Options = {
  // The schemas are our own and have a test; checking them again would take longer than using them.
  validateSchema: false,
  strict: false,
  inlineRefs: false,
  // Making the code smaller takes as long again as compiling it.
  code: { optimize: false },
  unicodeRegExp: false,
  formats: ajvFormats,
  // Formats that only other readers of the schemas know are not worth a line on standard error.
  logger: false,
};

/**
 * For the answer yes or no: most branches of a schema are never entered, and compiling is most of the time that judging
 * takes. So a schema is compiled piece by piece, each when a value first reaches it.
 */
const brief = new Ajv({ ...OPTIONS, messages: false, addUsedSchema: false });
brief.addKeyword({
  keyword: DEFERRED,
  errors: false,
  validate: (place: string, value: unknown) => piece(place)(value),
});
const pieces = new Map<string, ValidateFunction>();

/** @param place a file below `schemas/`, #, and the JSON pointer of a schema in it */
function piece(place: string): ValidateFunction {
  const known = pieces.get(place);
  if (known !== undefined) return known;
  const [file = ''] = place.split('#');
  const validator = brief.compile(pieceAt(read(file), place));
  pieces.set(place, validator);
  return validator;
}

/** With all that ajv can say, for values that are not valid. */
const verbose = new Ajv({ ...OPTIONS, allErrors: true, verbose: true });
const explainers = new Map<string, ValidateFunction>();

function explaining(path: string): ValidateFunction {
  const known = explainers.get(path);
  if (known !== undefined) return known;
  if (explainers.size === 0) {
    for (const shared of SHARED) verbose.addSchema(read(shared), `${BASE}${shared}`);
  }
  const validator =
    verbose.getSchema(`${BASE}${path}`) ??
    verbose.compile({ ...read(path), $id: `${BASE}${path}` });
  explainers.set(path, validator);
  return validator;
}

const files = new Map<string, object>();

function read(path: string): object {
  let parsed = files.get(path);
  if (parsed === undefined) {
    parsed = JSON.parse(readFileSync(fileURLToPath(new URL(path, FOLDER)), 'utf8')) as object;
    files.set(path, parsed);
  }
  return parsed;
}
