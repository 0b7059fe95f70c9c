import { ExprError } from '../kargo/expr/index.ts';

/** What `read` gives; undefined for an expression that cannot be read, which `kargo/expression` says. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ExprError) return undefined;
    throw error;
  }
}
