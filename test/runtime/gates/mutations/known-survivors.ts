import type { Mutation } from './candidates.ts';

/** Changes that no test can notice, each with the reason: what they change cannot decide anything. */
export const KNOWN_SURVIVORS: Readonly<Record<string, string>> = {};

/** By the changed line itself, because line numbers move. */
export function keyOf({ file, after }: Pick<Mutation, 'file' | 'after'>): string {
  return `${file}: ${after}`;
}
