/**
 * The expression language of Kargo's `${{ }}`: expr-lang v1.17.8, compiled without environment and options. value.ts
 * says what its values are.
 *
 * @example
 * evaluate('vars.replicas > 2 ? "many" : "few"', { vars: { replicas: 3 } }); // "many"
 */

import type { Node } from './ast.ts';
import { Checker } from './checker.ts';
import { ExprError, Fault } from './error.ts';
import { generate } from './generate.ts';
import type { FunctionTable } from './host.ts';
import { execute, type Program } from './machine.ts';
import { optimize } from './optimizer.ts';
import { parseExpression } from './parser.ts';
import type { Value } from './value.ts';

export { AnyMap } from './any-map.ts';
export type { Node } from './ast.ts';
export { Duration } from './duration.ts';
export { ExprError, type Stage } from './error.ts';
export { declareStruct, type FunctionSpec, type FunctionTable, HostObject } from './host.ts';
export { fromJson, toJson } from './json-value.ts';
export { Location, loadLocation } from './location.ts';
export type { Program } from './machine.ts';
export { type NameUse, names } from './names.ts';
export { fromMilliseconds, Month, Time, Weekday } from './time.ts';
export { typeName } from './type-name.ts';
export { type HostFunction, Sized, type Value, type ValueMap } from './value.ts';
export { valueText } from './value-text.ts';

/** What the host adds to the language. */
export interface Options {
  /**
   * Functions with Go types, checked when an expression is compiled (expr.Function). A function that is only put
   * into the environment works too, but its calls are not checked.
   */
  readonly functions?: FunctionTable;
}

/** The variables of an expression. Names that are not in it are nil. */
export type Environment = Readonly<Record<string, Value>>;

/** The tree of an expression. Throws ExprError of stage `parse`. */
export function parse(source: string, options: Options = {}): Node {
  return parseExpression(source, new Set(Object.keys(options.functions ?? {})));
}

/** A program to be run any number of times. Throws ExprError of stage `parse` or `compile`. */
export function compile(source: string, options: Options = {}): Program {
  const functions = options.functions ?? {};
  const tree = parse(source, options);
  new Checker(source, functions).visit(tree);
  const optimized = optimize(tree, source);
  try {
    return generate(optimized, source, functions);
  } catch (error) {
    // The checker does not look into members of $env; what is wrong there shows only now.
    if (!(error instanceof Fault)) throw error;
    throw new ExprError('compile', error.message, source, optimized.from, { cause: error });
  }
}

/** The value of a program over variables, or over any one value. Throws ExprError of stage `run`. */
export function run(program: Program, env: Value): Value {
  return execute(program, env);
}

/** Compiles and runs. Throws ExprError. */
export function evaluate(source: string, env: Environment, options: Options = {}): Value {
  return run(compile(source, options), env);
}
