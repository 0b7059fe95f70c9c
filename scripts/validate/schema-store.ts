import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { ajvFormats } from './schema-formats.ts';

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
 * Errors of `value` against the schema at `path` below `schemas/`; empty if it is valid. Each schema is compiled when it
 * is first needed: in short for the answer yes or no, and only for an invalid value again with all that ajv can say.
 *
 * @param path a schema that exists; another one is a programming error and throws
 */
export function schemaErrors(path: string, value: unknown): readonly ErrorObject[] {
  if (compiled(brief, path)(value)) return [];
  const explain = compiled(verbose, path);
  return explain(value) ? [] : (explain.errors ?? []);
}

/** Whether `value` is valid, without the reasons. */
export function isValid(path: string, value: unknown): boolean {
  return compiled(brief, path)(value);
}

interface Index {
  readonly kinds: Readonly<Record<string, KnownKind>>;
}

interface Compiler {
  readonly ajv: Ajv;
  readonly validators: Map<string, ValidateFunction>;
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
const brief = compiler(false);
const verbose = compiler(true);

function compiler(explain: boolean): Compiler {
  const ajv = new Ajv({
    allErrors: explain,
    verbose: explain,
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
  });
  return { ajv, validators: new Map() };
}

function compiled({ ajv, validators }: Compiler, path: string): ValidateFunction {
  const known = validators.get(path);
  if (known !== undefined) return known;
  if (validators.size === 0) {
    for (const shared of SHARED) ajv.addSchema(read(shared), `${BASE}${shared}`);
  }
  const validator =
    ajv.getSchema(`${BASE}${path}`) ?? ajv.compile({ ...read(path), $id: `${BASE}${path}` });
  validators.set(path, validator);
  return validator;
}

function read(path: string): object {
  return JSON.parse(readFileSync(fileURLToPath(new URL(path, FOLDER)), 'utf8')) as object;
}
