import { type Node, replaceChildren } from './ast.ts';
import { ExprError, Fault } from './error.ts';
import { fold } from './fold.ts';
import type { Rewrite } from './rewrite.ts';
import { rewriteCounts } from './rewrite-counts.ts';
import { joinPredicates, shortenFilters } from './rewrite-filters.ts';
import { rewriteArrayLookup, rewriteRangeLookup } from './rewrite-lookups.ts';
import { rewriteSumOfArray, rewriteSumOfMap, rewriteSumOfRange } from './rewrite-sums.ts';

/** How often constants are folded; each round folds what the one before made constant. */
const MAX_ROUNDS = 1001;

/**
 * Rewrites a checked tree as expr-lang's optimizer does. That is visible from outside: it moves errors from run to
 * compile time, drops operands that could fail, changes where errors point, and saves memory budget.
 */
export function optimize(root: Node, source: string): Node {
  let node = walk(root, rewriteArrayLookup);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let applied = false;
    node = walk(node, (candidate) => {
      const folded = foldAt(candidate, source);
      applied ||= folded !== undefined;
      return folded;
    });
    if (!applied) break;
  }
  const passes: readonly Rewrite[] = [
    rewriteRangeLookup,
    ...shortenFilters,
    joinPredicates,
    rewriteSumOfRange,
    rewriteSumOfArray,
    rewriteSumOfMap,
    ...rewriteCounts,
  ];
  for (const pass of passes) node = walk(node, pass);
  return node;
}

function foldAt(node: Node, source: string): Node | undefined {
  try {
    return fold(node);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new ExprError('compile', error.message, source, node.from);
  }
}

/** Children first, then the node itself. */
function walk(node: Node, rewrite: Rewrite): Node {
  replaceChildren(node, (child) => walk(child, rewrite));
  return rewrite(node) ?? node;
}
