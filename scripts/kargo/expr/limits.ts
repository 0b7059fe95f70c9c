/** Nodes of one expression; expr-lang's own default. */
export const MAX_NODES = 10_000;

/**
 * How deep an expression may nest, and how long a chain of operators may get. expr-lang knows only its limit of
 * nodes; parser and checker recurse here, and this keeps them well inside the stack of a worker thread.
 */
export const MAX_DEPTH = 1_000;

/** Elements that one run may create in arrays, maps and repeated strings; expr-lang's own default. */
export const MEMORY_BUDGET = 1_000_000;

/**
 * Steps that one run may take (about a second). expr-lang has no such limit: it lets nested loops over arrays of the
 * environment run for as long as they take.
 */
export const MAX_STEPS = 20_000_000;

/** Nesting of arrays that min, max, mean, median, flatten, toJSON and fromJSON follow. */
export const MAX_VALUE_DEPTH = 1_000;
