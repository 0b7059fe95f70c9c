import type { Mutation } from './candidates.ts';

/** Changes that no test can notice, each with the reason: what they change cannot decide anything. */
export const KNOWN_SURVIVORS: Readonly<Record<string, string>> = {
  'runtime/gates/checks/connections-recover.ts: lost.length !== 0': 'words of a pass',
  'runtime/gates/checks/connections-recover.ts: one.recoveredAt !== null ? [] : [one.recoveredAt - one.lostAt],':
    'words of what was observed',
  'runtime/gates/checks/outages-recover.ts: if (badSince !== null) outages += 1;':
    'counts for the words, which no-check-is-superfluous.test.ts reads',
};

/** By the changed line itself, because line numbers move. */
export function keyOf({ file, after }: Pick<Mutation, 'file' | 'after'>): string {
  return `${file}: ${after}`;
}
