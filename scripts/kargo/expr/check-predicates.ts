import type { BuiltinNode, Node } from './ast.ts';
import { PREDICATE_BUILTINS } from './builtin-names.ts';
import type { Checker } from './checker.ts';
import { ANY_ARRAY, BOOL, goType, INT } from './go-type.ts';
import {
  arrayOfNature,
  dereference,
  elementOf,
  isArrayNature,
  isBool,
  isString,
  isUnknown,
  type Nature,
  natureOf,
  natureText,
  UNKNOWN,
} from './nature.ts';

const INDEX = new Map([['index', natureOf(INT)]]);
const INDEX_AND_ACCUMULATOR = new Map([...INDEX, ['acc', UNKNOWN]]);
const NO_VARIABLES: ReadonlyMap<string, Nature> = new Map();
const GROUPS = goType('map[interface {}][]interface {}');

/** Builtins whose predicate must say yes or no. */
const DECIDING = new Set([
  'all',
  'none',
  'any',
  'one',
  'filter',
  'count',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
]);

/** Checks a builtin that takes a predicate; undefined for any other builtin. */
export function checkPredicateBuiltin(checker: Checker, node: BuiltinNode): Nature | undefined {
  if (!PREDICATE_BUILTINS.has(node.name)) return undefined;
  const { name } = node;
  const [source, predicateNode, extra] = node.args;
  if (source === undefined) return UNKNOWN;
  const collection = dereference(checker.visit(source));
  if (!isArrayNature(collection) && !isUnknown(collection)) {
    checker.fail(source, `builtin ${name} takes only array (got ${natureText(collection)})`);
  }
  if (predicateNode === undefined) {
    if (name === 'count') return natureOf(INT);
    return isUnknown(collection) ? UNKNOWN : elementOf(collection);
  }
  const predicate = checker.visitPredicate(predicateNode, {
    collection,
    variables: name === 'reduce' ? INDEX_AND_ACCUMULATOR : name === 'map' ? INDEX : NO_VARIABLES,
  });
  if (name === 'sortBy' && extra !== undefined) checkOrder(checker, extra);
  if (name === 'reduce' && extra !== undefined) checker.visit(extra);
  const result = predicate.type?.results?.[0];
  if (result === undefined) {
    // A sum falls back to its Go type, which knows no `#`.
    if (name === 'sum') return undefined;
    const inputs = name === 'reduce' ? 'two input' : 'one input';
    checker.fail(predicateNode, `predicate should has ${inputs} and one output param`);
  }
  const given = natureOf(result);
  if (DECIDING.has(name) && !isBool(given) && !isUnknown(given)) {
    checker.fail(predicateNode, `predicate should return boolean (got ${natureText(given)})`);
  }
  return resultNature(name, collection, given, predicate.inner ?? UNKNOWN);
}

function resultNature(name: string, collection: Nature, given: Nature, inner: Nature): Nature {
  switch (name) {
    case 'filter':
      return isUnknown(collection) ? natureOf(ANY_ARRAY) : arrayOfNature(elementOf(collection));
    case 'map':
      return arrayOfNature(inner);
    case 'count':
    case 'findIndex':
    case 'findLastIndex':
      return natureOf(INT);
    case 'sum':
      return given;
    case 'find':
    case 'findLast':
      return isUnknown(collection) ? UNKNOWN : elementOf(collection);
    case 'groupBy':
      return { type: GROUPS, inner: arrayOfNature(elementOf(collection)) };
    case 'sortBy':
      return collection;
    case 'reduce':
      return inner;
    default:
      return natureOf(BOOL);
  }
}

function checkOrder(checker: Checker, order: Node): void {
  const nature = checker.visit(order);
  if (!isString(nature) && !isUnknown(nature)) {
    checker.fail(order, `sortBy order argument must be a string (got ${natureText(nature)})`);
  }
}
