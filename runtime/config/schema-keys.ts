import type { z } from 'zod';

/** Keys that `schema` knows at `path`; empty where it is no object. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let nodes = [schema];
  for (const step of path) nodes = nodes.flatMap((node) => childrenAt(node, step));
  return [...new Set(nodes.flatMap((node) => shapes(node).flatMap((shape) => Object.keys(shape))))];
}

/** Every key of `schema` at any depth, as dotted paths. */
export function allPaths(schema: z.core.$ZodType, prefix = ''): string[] {
  return shapes(schema).flatMap((shape) =>
    Object.entries(shape).flatMap(([key, child]) => {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      return [path, ...allPaths(child, path)];
    }),
  );
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

function childrenAt(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return [def.element];
  const inner = unwrapped(schema);
  if (inner !== schema) return childrenAt(inner, step);
  return shapes(schema).flatMap((shape) => {
    const child = shape[String(step)];
    return child === undefined ? [] : [child];
  });
}

/** The object shapes that `schema` can stand for: several for a union. */
function shapes(schema: z.core.$ZodType): Shape[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return [def.shape];
  if (def.type === 'union') return def.options.flatMap((option) => shapes(option));
  const inner = unwrapped(schema);
  return inner === schema ? [] : shapes(inner);
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'catch':
    case 'nonoptional':
      return def.innerType;
    case 'pipe':
      return def.in;
    default:
      return schema;
  }
}
