import { OrderbooksError } from '../../../runtime/errors.ts';
import { compile, ExprError, type FunctionTable, run, toJson, typeName } from '../expr/index.ts';
import { isArray, isMap, Sized, type Value } from '../expr/value.ts';
import { goQuote } from '../go-quote.ts';
import type { StepResult } from '../step.ts';
import type { OutputExpression } from './config.ts';
import { StepEnd } from './outcome.ts';

/** What outputs made by bare expressions (without `${{ }}`) add to the result of a step. */
export type Outputs = Pick<StepResult, 'output' | 'uncopyable'>;

/** How a step speaks of one of its expressions, and whether one that does not compile ends it for good. */
export interface Wording {
  readonly compiling: (output: OutputExpression) => string;
  readonly evaluating: (output: OutputExpression) => string;
  readonly terminal: boolean;
}

/** Steps that read a file name an expression by its text. */
export const BY_EXPRESSION: Wording = {
  compiling: ({ fromExpression }) => `error compiling expression ${goQuote(fromExpression)}`,
  evaluating: ({ fromExpression }) => `error evaluating expression ${goQuote(fromExpression)}`,
  terminal: false,
};

/** Evaluates the outputs of a step over what it read. Of two outputs of one name the last counts. */
export function evaluateOutputs(
  outputs: readonly OutputExpression[],
  data: Value,
  functions: FunctionTable,
  wording: Wording,
): Outputs {
  const output: Record<string, unknown> = {};
  let uncopyable: string | undefined;
  for (const entry of outputs) {
    const value = evaluateExpression(
      entry.fromExpression,
      data,
      functions,
      wording.compiling(entry),
      wording.evaluating(entry),
      wording.terminal,
    );
    uncopyable ??= uncopyableType(value);
    output[entry.name] = toJson(value);
  }
  return { output, ...(uncopyable === undefined ? {} : { uncopyable }) };
}

/** The value of one bare expression; its faults come out behind `compiling` or `evaluating`. */
export function evaluateExpression(
  source: string,
  data: Value,
  functions: FunctionTable,
  compiling: string,
  evaluating: string,
  terminal: boolean,
): Value {
  try {
    return run(compile(source, { functions }), data);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    const isRun = error.stage === 'run';
    const message = `${isRun ? evaluating : compiling}: ${error.message}`;
    if (terminal && !isRun) throw new StepEnd({ status: 'Errored', terminal: true, message });
    throw new OrderbooksError('STEP_EXPRESSION', message, { cause: error });
  }
}

/** The Go type of what Kubernetes' deep copy of JSON does not know, or `undefined` if it knows all of it. */
function uncopyableType(value: Value): string | undefined {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  if (value instanceof Sized && value.type === 'int64') return undefined;
  const type = typeName(value);
  if (isArray(value) && type === '[]interface {}') {
    return firstOf(value.map(uncopyableType));
  }
  if (isMap(value) && type === 'map[string]interface {}') {
    return firstOf(Object.values(value).map(uncopyableType));
  }
  return type;
}

function firstOf(types: readonly (string | undefined)[]): string | undefined {
  return types.find((type) => type !== undefined);
}
