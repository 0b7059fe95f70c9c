import { z } from 'zod';

/** One rehearsal of a series: of the good version, or with a fault. */
export interface Planned {
  readonly subject: string;
  readonly number: number;
}

/** What `subject` is for rehearsals of the version as it is. */
export const GOOD = 'good';

export const trial = z.strictObject({
  subject: z.string(),
  number: z.number().int().positive(),
  /** Commit that was rehearsed. */
  head: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: z.number().nonnegative(),
  /** Of the machine when it began: a busy one explains more than the version. */
  load: z.number().nonnegative(),
  exitCode: z.number().int().nullable(),
  /** The rehearsal's verdict; null if it did not come to one. */
  verdict: z.string().nullable(),
  summary: z.string(),
  asExpected: z.boolean(),
});
export type Trial = z.infer<typeof trial>;

/** How the one command ended that rehearses. */
export interface Ended {
  readonly exitCode: number | null;
  readonly verdict: string | null;
  readonly summary: string;
}

/** Good versions reach full; faults are refused, and the rehearsal itself says whether by the check meant for them. */
export function isAsExpected(subject: string, { exitCode, verdict }: Ended): boolean {
  return subject === GOOD
    ? exitCode === 0 && verdict === 'PROMOTED'
    : exitCode === 1 && verdict === 'REFUSED';
}

/** `times` of the good version and as many with faults, one after the other, each fault in its turn. */
export function planOf(
  times: number,
  faults: readonly string[],
  only: 'good' | 'faults' | 'both',
): readonly Planned[] {
  const counts = new Map<string, number>();
  const next = (subject: string): Planned => {
    const number = (counts.get(subject) ?? 0) + 1;
    counts.set(subject, number);
    return { subject, number };
  };
  return Array.from({ length: times }, (_, index) => [
    ...(only === 'faults' ? [] : [next(GOOD)]),
    ...(only === 'good' ? [] : [next(faults[index % faults.length] ?? GOOD)]),
  ]).flat();
}
