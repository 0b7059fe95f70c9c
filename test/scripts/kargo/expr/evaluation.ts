import {
  ExprError,
  evaluate,
  fromJson,
  type Options,
} from '../../../../scripts/kargo/expr/index.ts';
import { typeName } from '../../../../scripts/kargo/expr/type-name.ts';
import { encode } from './oracle-value.ts';

/** The variables that the unit tests use; numbers are floats, as Kargo passes them. */
export const VARIABLES = fromJson({
  vars: {
    image: 'registry.example.com/data/orderbooks',
    replicas: 3,
    empty: '',
    zones: ['a', 'b'],
  },
  outputs: { 'step-1': { commit: '0123456789abcdef' } },
  users: [
    { name: 'Ann', team: 'red', score: 1.5 },
    { name: 'Bob', team: 'blue', score: 2.5 },
    { name: 'Cid', team: 'red', score: null },
  ],
  numbers: [3, 1, 2],
  nothing: null,
  yes: true,
});

/** `type text`: the Go type of a result and its value as JSON (oracle-value.ts). */
export function result(source: string, options: Options = {}): string {
  const value = evaluate(source, VARIABLES as Record<string, never>, options);
  return `${typeName(value)} ${JSON.stringify(encode(value))}`;
}

/** `stage line:column reason` of the failure of an expression. */
export function failure(source: string, options: Options = {}): string {
  try {
    evaluate(source, VARIABLES as Record<string, never>, options);
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return `${error.stage} ${error.line}:${error.column} ${error.reason}`;
  }
  throw new Error(`expected ${source} to fail, it has a value`);
}
