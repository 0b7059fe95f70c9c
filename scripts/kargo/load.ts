import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import {
  type AnalysisTemplate,
  analysisTemplate,
  type ProjectConfig,
  type PromotionTask,
  projectConfig,
  promotionTask,
  type Stage,
  stage,
  type Warehouse,
  warehouse,
} from './objects.ts';
import type { Project } from './project.ts';
import { repeatedKeys } from './repeated-keys.ts';

export interface YamlSource {
  /** Shown in messages: a path, or what was rendered. */
  readonly file: string;
  readonly text: string;
}

/** A place in a source, lines and columns from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A Kubernetes object as written, with the way back to its source. */
export interface LoadedObject {
  readonly value: Readonly<Record<string, unknown>>;
  /** The place of the value at `path`, or of the nearest thing around it that exists. */
  place(path: readonly (string | number)[]): Place;
}

/**
 * Every document of some YAML. Broken YAML, and a document that is no Kubernetes object, is `KARGO_YAML_INVALID`
 * with file, line and column.
 */
export function parseObjects(source: YamlSource): readonly LoadedObject[] {
  const lines = new LineCounter();
  // Looked for by repeatedKeys.
  const options = { lineCounter: lines, version: '1.2', uniqueKeys: false } as const;
  const documents = parseAllDocuments(source.text, options);
  const objects: LoadedObject[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const problem = document.errors[0];
    if (problem !== undefined) {
      const { line, col } = lines.linePos(problem.pos[0]);
      // The library's message repeats the source below its first line.
      throw invalid({ file: source.file, line, column: col }, problem.message.split('\n')[0] ?? '');
    }
    const twice = repeatedKey(document);
    if (twice !== null) {
      const { line, col } = lines.linePos(twice);
      throw invalid({ file: source.file, line, column: col }, 'map keys must be unique');
    }
    const value: unknown = document.toJS();
    if (value === null) continue;
    const place = placeFinder(source.file, document, lines);
    if (!isObject(value) || typeof value['kind'] !== 'string') {
      throw invalid(place([]), 'expected a Kubernetes object with a kind');
    }
    objects.push({ value, place });
  }
  return objects;
}

/**
 * The Kargo Project that some rendered documents make up. Objects of other kinds are ignored.
 *
 * @throws OrderbooksError `KARGO_YAML_INVALID` (broken YAML), `KARGO_OBJECT_INVALID` (a field is wrong; file, line and
 * column of that field), `KARGO_OBJECT_DUPLICATE`
 */
export function loadProject(name: string, sources: readonly YamlSource[]): Project {
  return projectOf(name, sources.flatMap(parseObjects));
}

export function projectOf(name: string, objects: readonly LoadedObject[]): Project {
  const stages = new Map<string, Stage>();
  const tasks = new Map<string, PromotionTask>();
  const clusterTasks = new Map<string, PromotionTask>();
  const warehouses = new Map<string, Warehouse>();
  const analysisTemplates = new Map<string, AnalysisTemplate>();
  const clusterAnalysisTemplates = new Map<string, AnalysisTemplate>();
  const configs = new Map<string, ProjectConfig>();
  for (const object of objects) {
    const { kind, apiVersion } = object.value;
    const group = String(apiVersion ?? '').split('/')[0];
    if (group !== 'kargo.akuity.io' && group !== 'argoproj.io') continue;
    if (!belongsTo(object, name)) continue;
    if (kind === 'Stage') add(stages, object, stage);
    else if (kind === 'PromotionTask') add(tasks, object, promotionTask);
    else if (kind === 'ClusterPromotionTask') add(clusterTasks, object, promotionTask);
    else if (kind === 'Warehouse') add(warehouses, object, warehouse);
    else if (kind === 'ProjectConfig') add(configs, object, projectConfig);
    else if (kind === 'AnalysisTemplate') add(analysisTemplates, object, analysisTemplate);
    else if (kind === 'ClusterAnalysisTemplate') {
      add(clusterAnalysisTemplates, object, analysisTemplate);
    }
  }
  return {
    name,
    stages,
    tasks,
    clusterTasks,
    warehouses,
    analysisTemplates,
    clusterAnalysisTemplates,
    config: configs.get(name) ?? null,
  };
}

/** Parses one object; the first fault is thrown with its place in the source. */
export function parseObject<T>(object: LoadedObject, schema: z.ZodType<T>): T {
  const result = schema.safeParse(object.value);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const path = issue.path.filter((key) => typeof key !== 'symbol');
    const { file, line, column } = object.place(path);
    return `${file}:${line}:${column}: ${path.join('.') || '(root)'}: ${issue.message}`;
  });
  throw new OrderbooksError(
    'KARGO_OBJECT_INVALID',
    `${String(object.value['kind'])} ${nameOf(object)} is not what Kargo expects:\n${lines.join('\n')}`,
  );
}

/** Offset of the first key that its map has already; null if there is none. */
function repeatedKey(document: Document.Parsed): number | null {
  let found: number | null = null;
  visit(document, {
    Map: (_, map) => {
      const [first] = repeatedKeys(map);
      if (first === undefined) return undefined;
      found = first.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return found;
}

function add<T>(into: Map<string, T>, object: LoadedObject, schema: z.ZodType<T>): void {
  const name = nameOf(object);
  if (into.has(name)) {
    const { file, line, column } = object.place(['metadata', 'name']);
    throw new OrderbooksError(
      'KARGO_OBJECT_DUPLICATE',
      `${file}:${line}:${column}: a second ${String(object.value['kind'])} is named ${name}; remove or rename one`,
    );
  }
  into.set(name, parseObject(object, schema));
}

function belongsTo(object: LoadedObject, project: string): boolean {
  const metadata = object.value['metadata'];
  const namespace = isObject(metadata) ? metadata['namespace'] : undefined;
  return namespace === undefined || namespace === project;
}

function nameOf(object: LoadedObject): string {
  const metadata = object.value['metadata'];
  return isObject(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
}

function placeFinder(
  file: string,
  document: Document.Parsed,
  lines: LineCounter,
): LoadedObject['place'] {
  return (path) => {
    for (let length = path.length; length >= 0; length -= 1) {
      const offset = offsetOf(document, path.slice(0, length));
      if (offset === undefined) continue;
      const { line, col } = lines.linePos(offset);
      return { file, line, column: col };
    }
    return { file, line: 1, column: 1 };
  };
}

/** Offset of the value at `path`; of its key where the value is a block that starts a line later. */
function offsetOf(
  document: Document.Parsed,
  path: readonly (string | number)[],
): number | undefined {
  const node: unknown = document.getIn(path, true);
  if (isScalar(node) || isAlias(node)) return node.range?.[0];
  const key = path.at(-1);
  const parent: unknown = path.length === 0 ? null : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (isScalar(pair?.key)) return pair.key.range?.[0];
  }
  return isNodeWithRange(node) ? node.range[0] : undefined;
}

function isNodeWithRange(node: unknown): node is { range: [number, number, number] } {
  return isObject(node) && Array.isArray(node['range']);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(place: Place, message: string): OrderbooksError {
  return new OrderbooksError(
    'KARGO_YAML_INVALID',
    `${place.file}:${place.line}:${place.column}: ${message}`,
  );
}
