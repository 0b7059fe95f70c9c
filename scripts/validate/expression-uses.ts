import { ExprError, type FunctionTable, names, parse } from '../kargo/expr/index.ts';

/** A name in an expression. */
export interface NameUse {
  /** The name and its members: `ctx.targetFreight.name` has three. */
  readonly path: readonly string[];
  readonly called: boolean;
  /** Where it starts in the source, in UTF-16 units. */
  readonly at: number;
}

/**
 * The names in an expression; null if it does not parse. The same answer is given again for the same source and table of
 * functions: each combination of components asks for the same expressions.
 */
export function usesIn(source: string, functions: FunctionTable): readonly NameUse[] | null {
  const known = answers.get(functions) ?? new Map<string, readonly NameUse[] | null>();
  answers.set(functions, known);
  const before = known.get(source);
  if (before !== undefined) return before;
  const uses = read(source, functions);
  known.set(source, uses);
  return uses;
}

const answers = new WeakMap<FunctionTable, Map<string, readonly NameUse[] | null>>();

function read(source: string, functions: FunctionTable): readonly NameUse[] | null {
  try {
    return names(parse(source, { functions })).map(({ path, called, from }) => ({
      path,
      called,
      // Positions count code points.
      at: [...source].slice(0, from).join('').length,
    }));
  } catch (error) {
    if (error instanceof ExprError) return null;
    throw error;
  }
}
