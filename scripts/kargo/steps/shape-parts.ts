import type { Shape } from './shape.ts';

/** What the shapes of step configurations are put together from. */
export const text: Shape = { type: 'string' };
export const someText: Shape = { type: 'string', minLength: 1 };
export const flag: Shape = { type: 'boolean' };
export const url: Shape = { type: 'string', minLength: 1, format: 'uri' };
/** Kargo's pattern is not anchored, so `x10s` passes too (facts/expr-and-templates.md, Steps). */
export const duration: Shape = { type: 'string', pattern: '(?:\\d+(ns|us|µs|ms|s|m|h))+' };
export const blank: Shape = { oneOfValues: [null, ''] };
export const blankTextFirst: Shape = { oneOfValues: ['', null] };
export const off: Shape = { oneOfValues: [false, null] };
export const filled: Shape = { minLength: 1 };
export const provider: Shape = {
  type: 'string',
  oneOfValues: ['azure', 'bitbucket', 'gitea', 'github', 'gitlab'],
};

export function record(
  properties: Readonly<Record<string, Shape>>,
  required: readonly string[],
): Shape {
  return { type: 'object', others: 'closed', properties, required };
}

export function list(items: Shape, minItems?: number): Shape {
  return { type: 'array', items, ...(minItems === undefined ? {} : { minItems }) };
}

export function matching(pattern: string): Shape {
  return { type: 'string', pattern };
}

/** At most one of the keys is set. */
export function atMostOne(keys: readonly string[]): readonly Shape[] {
  const others = (set: string | null): Readonly<Record<string, Shape>> =>
    Object.fromEntries(keys.map((key) => [key, key === set ? filled : blank]));
  return [
    { properties: others(null) },
    ...keys.map((key): Shape => ({ required: [key], properties: others(key) })),
  ];
}
