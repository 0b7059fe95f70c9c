/** Nodes of one expression; expr-lang's own default. */
export const MAX_NODES = 10_000;

/**
 * How deep parentheses, calls, predicates, conditions and the like may nest. expr-lang knows only its limit of nodes;
 * the parser recurses here, with about a dozen calls per level on a stack of a megabyte.
 */
export const MAX_NESTING = 300;

/** How deep a tree may get, which is also how long a chain of operators or members may be. */
export const MAX_DEPTH = 1_000;

/** Elements that one run may create in arrays, maps and repeated strings; expr-lang's own default. */
export const MEMORY_BUDGET = 1_000_000;

/**
 * Steps that one run may take (about a second). expr-lang has no such limit: it lets nested loops over arrays of the
 * environment run for as long as they take.
 */
export const MAX_STEPS = 10_000_000;

/** Nesting of arrays that min, max, mean, median, flatten, toJSON and fromJSON follow. */
export const MAX_VALUE_DEPTH = 1_000;
