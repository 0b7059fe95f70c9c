import type { RenderedCommit } from '../preview/history.ts';

/** A Freight that ran in a Stage, as its rendered branch tells. */
export interface PastFreight {
  readonly freight: string;
  readonly sourceCommit: string;
  readonly image: string;
  /** Its newest promotion to the Stage, and when. */
  readonly promotion: string;
  readonly at: string;
  /** Why nobody should go back to it; null if nothing speaks against it. */
  readonly against: string | null;
}

export interface StageHistory {
  /** What the branch holds now. */
  readonly current: PastFreight | null;
  /** What ran before, newest first. */
  readonly earlier: readonly PastFreight[];
}

/**
 * What ran in a Stage, from the commits of its rendered branch, newest first. A Freight that somebody left for an older
 * one was left for a reason.
 *
 * @param refused Freight names whose own verification in the Stage failed
 */
export function stageHistory(
  commits: readonly RenderedCommit[],
  refused: ReadonlySet<string> = new Set(),
): StageHistory {
  const told = commits.toReversed().flatMap((commit) => {
    const { freight, sourceCommit, image, promotion, at } = commit;
    if (freight === null || sourceCommit === null || image === null) return [];
    return [{ freight, sourceCommit, image, promotion: promotion ?? '', at }];
  });
  const firstSeen = new Map<string, number>();
  for (const [index, { freight }] of told.entries()) {
    if (!firstSeen.has(freight)) firstSeen.set(freight, index);
  }
  const left = new Map<string, string>();
  for (const [index, entry] of told.entries()) {
    const before = told[index - 1];
    if (before === undefined || before.freight === entry.freight) continue;
    const goesBack = (firstSeen.get(entry.freight) ?? 0) < (firstSeen.get(before.freight) ?? 0);
    if (goesBack) left.set(before.freight, entry.at);
  }
  const newest = new Map(told.map((entry) => [entry.freight, entry]));
  const all = [...newest.values()]
    .toSorted((a, b) => told.lastIndexOf(b) - told.lastIndexOf(a))
    .map((entry): PastFreight => {
      const since = left.get(entry.freight);
      const against = refused.has(entry.freight)
        ? 'its gates in this Stage refused it'
        : since === undefined
          ? null
          : `it was rolled back on ${since}`;
      return { ...entry, against };
    });
  return { current: all[0] ?? null, earlier: all.slice(1) };
}

/** The Freight to go back to: what ran last before the current one and has nothing against it. */
export function lastGood({ earlier }: StageHistory): PastFreight | null {
  return earlier.find(({ against }) => against === null) ?? null;
}
