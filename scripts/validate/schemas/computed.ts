import { z } from 'zod';
import type { Schema, Shape } from './parts.ts';
import * as parts from './parts.ts';

/**
 * Parts of a promotion step's `config`. Kargo evaluates expressions before it looks at types, so a text with an
 * expression in it may stand wherever any value may.
 */
export const EXPRESSION_START = '\\$\\{[{%]';

const expression = z.string().regex(new RegExp(EXPRESSION_START));

/** The value itself, or an expression that gives it. */
export function computed(schema: Schema): Schema {
  return z.union([schema, expression]);
}

export function record(required: Shape, optional: Shape = {}): Schema {
  return computed(parts.record(required, optional));
}

export function list(items: Schema, least = 0): Schema {
  return computed(parts.list(items, least));
}

/** The same for a map with keywords of its own: they judge the map and not the expression in its place. */
export function constrained(
  keywords: Readonly<Record<string, unknown>>,
  required: Shape,
  optional: Shape = {},
): Schema {
  return computed(parts.withKeywords(parts.record(required, optional), keywords));
}

// A text with an expression is a text, whatever it becomes.
export const text: Schema = parts.text;
export const someText: Schema = parts.someText;
export const flag: Schema = computed(parts.flag);
export const anything: Schema = parts.anything;
export const textMap: Schema = computed(parts.map(text));

export function integer(least: number, most?: number): Schema {
  const base = z.int().min(least);
  return computed(most === undefined ? base : base.max(most));
}

export function choice(...values: readonly [string, ...string[]]): Schema {
  return computed(parts.choice(...values));
}

export function form(pattern: RegExp, expected: string): Schema {
  return computed(parts.form(pattern, expected));
}

/** Filled whatever its expressions give: an expression may turn out empty. */
const CERTAINLY_FILLED = { type: 'string', minLength: 1, not: { pattern: EXPRESSION_START } };
const CERTAINLY_TRUE = { const: true };
/** Filled, if its expressions give something. */
const MAYBE_FILLED = { anyOf: [{ type: 'string', minLength: 1 }, { type: 'object' }] };

/** No two of the keys are filled. */
export function atMostOne(keys: readonly string[]): readonly unknown[] {
  return keys.flatMap((left, index) =>
    keys.slice(index + 1).map((right) => ({
      ...notBoth({ [left]: CERTAINLY_FILLED, [right]: CERTAINLY_FILLED }),
      'x-expected': `at most one of ${left} and ${right}`,
    })),
  );
}

export function filled(...keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.map((key) => [key, CERTAINLY_FILLED]));
}

export function isTrue(...keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.map((key) => [key, CERTAINLY_TRUE]));
}

/** Not all of these at once. */
export function notBoth(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { not: { required: Object.keys(properties), properties } };
}

/** At least one of the keys is filled. */
export function atLeastOne(keys: readonly string[]): Record<string, unknown> {
  return {
    anyOf: keys.map((key) => ({ required: [key], properties: { [key]: MAYBE_FILLED } })),
    'x-expected': `one of ${keys.join(' and ')}`,
  };
}
