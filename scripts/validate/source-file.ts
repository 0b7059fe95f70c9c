import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { messageOf } from '../../runtime/thrown.ts';
import { repeatedKeys } from '../kargo/repeated-keys.ts';
import type { Draft } from './finding.ts';
import { KUBERNETES_YAML, MAX_ALIASES } from './kubernetes-yaml.ts';
import { type ScalarStyle, scalarOffsets } from './scalar-offsets.ts';

export type Path = readonly (string | number)[];

/** A place in a source file; line and column from 1, the column in UTF-16 units. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One YAML document with the way back to where each value is written. */
export interface SourceDocument {
  readonly file: string;
  /** Of the whole file. */
  readonly text: string;
  readonly value: unknown;
  /** Where the value at `path` starts (its key, for a block of lines); of the nearest thing around it that exists. */
  at(path: Path): Location;
  /** Where the key at `path` stands; as `at` where there is none. */
  atKey(path: Path): Location;
  /** Where the unit `offset` of the text at `path` stands. */
  atText(path: Path, offset: number): Location;
}

export interface SourceFile {
  readonly file: string;
  readonly text: string;
  /** Without empty ones. */
  readonly documents: readonly SourceDocument[];
  /** How many there are, also those that cannot be read, without empty ones. */
  readonly documentCount: number;
  readonly findings: readonly Draft[];
  /** False if some of it could not be read: what it holds is not known. */
  readonly whole: boolean;
}

/** The documents of a file; broken YAML is among the findings. */
export function parseSource(file: string, text: string): SourceFile {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    ...KUBERNETES_YAML,
    lineCounter: lines,
    // What is wrong becomes a finding.
    logLevel: 'error',
    // Looked for by repeatedKeys.
    uniqueKeys: false,
  });
  const findings: Draft[] = [];
  const documents: SourceDocument[] = [];
  let whole = true;
  const locate = (offset: number): Location => locationAt(file, lines, offset);
  const filled = ('empty' in parsed ? [] : parsed).filter((document) => !isEmpty(document));
  for (const document of filled) {
    const faults = [...syntaxFaults(document, locate)];
    const broken = faults.some(({ rule }) => rule === 'yaml/syntax');
    const read = broken ? null : composed(document, locate);
    if (read !== null && 'fault' in read) faults.push(read.fault);
    findings.push(...faults);
    if (read === null || 'fault' in read) whole = false;
    else documents.push(sourceDocument(file, text, document, read.value, locate));
  }
  const [, second] = filled;
  if (whole && second !== undefined) {
    findings.push(severalDocuments(locate(second.range[0]), filled.length));
  }
  return {
    file,
    text,
    documents,
    documentCount: filled.length,
    findings,
    whole,
  };
}

function isEmpty({ contents, errors }: Document.Parsed): boolean {
  const nothing = contents === null || (isScalar(contents) && contents.value === null);
  return nothing && errors.length === 0;
}

function* syntaxFaults(
  document: Document.Parsed,
  locate: (offset: number) => Location,
): Generator<Draft> {
  for (const problem of document.errors) {
    // The library's message repeats place and source below its first line.
    const message = (problem.message.split('\n')[0] ?? '')
      .replace(/ at line \d+.*$/, '')
      .replace(/^Maximum call stack size exceeded$/, 'nested too deeply to be read');
    const at = locate(problem.pos[0]);
    yield { rule: 'yaml/syntax', at, message: `not YAML: ${message}`, fix: SYNTAX_FIX };
    // What comes after the first fault is read from the wrong state.
    return;
  }
  const known = new Set<string>();
  const faults: Draft[] = [];
  visit(document, {
    Pair: (_, { key }) => {
      if (!isCollection(key)) return;
      faults.push({
        rule: 'yaml/syntax',
        at: locate(key.range?.[0] ?? 0),
        message: 'this key is a map or list, and Kubernetes takes only texts as keys',
        fix: 'quote the text if it starts with { or [; a template that is not rendered yet is no manifest',
      });
    },
    Node: (_, node) => {
      if (isMap(node)) faults.push(...doubleKeys(node, locate));
      if (!isAlias(node)) {
        if ('anchor' in node && typeof node.anchor === 'string') known.add(node.anchor);
        return;
      }
      if (known.has(node.source)) return;
      faults.push({
        rule: 'yaml/syntax',
        at: locate(node.range?.[0] ?? 0),
        message: `not YAML: the alias *${node.source} has no anchor &${node.source} before it`,
        fix: 'write the value itself, or quote the text if it is meant to start with *',
      });
    },
  });
  yield* faults;
}

function* doubleKeys(map: YAMLMap, locate: (offset: number) => Location): Generator<Draft> {
  for (const { range } of repeatedKeys(map)) {
    yield {
      rule: 'yaml/duplicate-key',
      at: locate(range?.[0] ?? 0),
      message: 'this key stands twice in the same map; only one of the values would count',
      fix: 'remove one of the two',
    };
  }
}

/** Aliases of aliases multiply, and `<<` merges maps only: the library sees both while it puts the values in. */
function composed(
  document: Document.Parsed,
  locate: (offset: number) => Location,
): { readonly value: unknown } | { readonly fault: Draft } {
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    const reason = messageOf(error);
    return {
      fault: {
        rule: 'yaml/syntax',
        at: locate(document.contents?.range[0] ?? 0),
        message: `its values cannot be put together: ${reason} (at most ${MAX_ALIASES} aliases are followed)`,
        fix: 'write out what aliases and merge keys stand for',
      },
    };
  }
}

const SYNTAX_FIX =
  'correct the YAML here; the fault may also be on a line above (indentation, a missing quote or bracket)';

function severalDocuments(at: Location, count: number): Draft {
  return {
    rule: 'yaml/several-documents',
    at,
    message: `document 2 of ${count} starts here; a file holds one`,
    fix: 'move it into a file of its own, named after its kind',
  };
}

function sourceDocument(
  file: string,
  text: string,
  document: Document.Parsed,
  value: unknown,
  locate: (offset: number) => Location,
): SourceDocument {
  const at = (path: Path): Location => {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = offsetOf(document, path.slice(0, length));
      if (offset !== undefined) return locate(offset);
    }
    return locate(document.contents?.range[0] ?? document.range[0]);
  };
  return {
    file,
    text,
    value,
    at,
    atKey(path) {
      const offset = keyOf(document, path)?.range?.[0];
      return offset === undefined ? at(path) : locate(offset);
    },
    atText(path, offset) {
      const node: unknown = document.getIn(path, true);
      if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return at(path);
      const [from, to] = node.range;
      const offsets = scalarOffsets(text.slice(from, to), node.value, styleOf(node));
      const within = offsets?.[offset];
      return within === undefined ? at(path) : locate(from + within);
    },
  };
}

function styleOf(scalar: Scalar): ScalarStyle {
  switch (scalar.type) {
    case Scalar.QUOTE_SINGLE:
      return 'single-quoted';
    case Scalar.QUOTE_DOUBLE:
      return 'double-quoted';
    case Scalar.BLOCK_LITERAL:
    case Scalar.BLOCK_FOLDED:
      return 'block';
    default:
      return 'plain';
  }
}

function offsetOf(document: Document.Parsed, path: Path): number | undefined {
  const node: unknown = document.getIn(path, true);
  if (isScalar(node) || isAlias(node)) return node.range?.[0];
  return keyOf(document, path)?.range?.[0] ?? (hasRange(node) ? node.range[0] : undefined);
}

function keyOf(document: Document.Parsed, path: Path): Scalar | undefined {
  const parent: unknown = path.length === 0 ? null : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = (parent.items as readonly Pair<unknown, unknown>[]).find(
    ({ key }) => isScalar(key) && key.value === path.at(-1),
  );
  return isScalar(pair?.key) ? pair.key : undefined;
}

function hasRange(node: unknown): node is Node & { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

function locationAt(file: string, lines: LineCounter, offset: number): Location {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}
