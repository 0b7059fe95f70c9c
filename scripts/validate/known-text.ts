import { quotingFunctions } from '../kargo/functions/quoting.ts';
import { semverFunctions } from '../kargo/functions/semver.ts';
import { evaluateTemplate, TemplateError } from '../kargo/template.ts';
import type { BundleObject } from './bundle.ts';
import { expressionsIn, isComputed } from './expression-text.ts';
import { usesIn } from './expression-uses.ts';
import { fields, items, text, valueAt } from './fields.ts';
import type { Location, Path } from './source-file.ts';

/** A text whose value can be told without running a promotion. */
export interface KnownText {
  readonly value: string;
  /** Where the value is written: the variable's definition for a text that is only `${{ vars.name }}`. */
  readonly at: Location;
  /** False if a kustomization wrote the value. */
  readonly asWritten: boolean;
}

/** A variable as it is defined. Later definitions win, and see those before them. */
export interface Definition {
  readonly name: string;
  readonly object: BundleObject;
  readonly path: Path;
}

/** What a text may name and still be known. */
export interface KnownScope {
  readonly project: string;
  readonly stage: string;
  readonly variables: readonly Definition[];
}

/**
 * The value of the text at `path`; null if it rests on anything that only a promotion knows (Freight, outputs,
 * ConfigMaps, time), or if it is no text.
 */
export function knownText(object: BundleObject, path: Path, scope: KnownScope): KnownText | null {
  const template = valueAt(object.value, path);
  if (typeof template !== 'string') return null;
  const place = { at: object.at(path), asWritten: object.isAsWritten(path) };
  if (!isComputed(template)) return { value: template, ...place };
  const alone = /^\s*\$\{\{\s*vars\.(\w+)\s*\}\}\s*$/.exec(template)?.[1];
  if (alone !== undefined) return variable(alone, scope);
  const vars = variablesNamedIn(template, scope);
  if (vars === null) return null;
  const value = evaluated(template, { ctx: { project: scope.project, stage: scope.stage }, vars });
  return typeof value === 'string' ? { value, ...place } : null;
}

export function definitionsAt(object: BundleObject, path: Path): readonly Definition[] {
  return items(valueAt(object.value, path)).map((definition, index) => ({
    name: text(fields(definition)['name']),
    object,
    path: [...path, index, 'value'],
  }));
}

function variable(name: string, scope: KnownScope): KnownText | null {
  const index = scope.variables.findLastIndex((definition) => definition.name === name);
  const definition = scope.variables[index];
  if (definition === undefined) return null;
  const variables = scope.variables.slice(0, index);
  return knownText(definition.object, definition.path, { ...scope, variables });
}

/** Values of the variables that a template names; null if it names anything that is not known. */
function variablesNamedIn(
  template: string,
  scope: KnownScope,
): Readonly<Record<string, string>> | null {
  const vars: Record<string, string> = {};
  for (const { source } of expressionsIn(template).expressions) {
    const used = namesIn(source);
    if (used === null) return null;
    for (const [root, member] of used) {
      if (root === 'ctx' && (member === 'project' || member === 'stage')) continue;
      const known = root === 'vars' && member !== undefined ? variable(member, scope) : null;
      if (known === null || member === undefined) return null;
      vars[member] = known.value;
    }
  }
  return vars;
}

const FUNCTIONS = { ...quotingFunctions, ...semverFunctions };
/** Functions of the language that give something else each time. */
const CHANGING = /\bnow\s*\(/;

function namesIn(source: string): readonly (readonly string[])[] | null {
  if (CHANGING.test(source)) return null;
  const uses = usesIn(source, FUNCTIONS);
  if (uses === null) return null;
  return uses
    .filter(({ path, called }) => !(called && Object.hasOwn(FUNCTIONS, path[0] ?? '')))
    .map(({ path }) => path);
}

function evaluated(template: string, variables: Readonly<Record<string, unknown>>): unknown {
  try {
    return evaluateTemplate(template, { variables, functions: FUNCTIONS }, '');
  } catch (error) {
    if (error instanceof TemplateError) return null;
    throw error;
  }
}
