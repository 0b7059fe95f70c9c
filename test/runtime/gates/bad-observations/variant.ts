import type { Policy } from '../../../../runtime/gates/policy.ts';
import type { InspectReport } from '../../../../runtime/inspector/report.ts';
import type { World } from '../world.ts';

/** One observation that is absent, empty, stale, truncated or foreign, and the checks that have to refuse it. */
export interface Variant {
  readonly observation: string;
  readonly refusedBy: readonly string[];
  /** What each of them has to give as its reason. */
  readonly saying: RegExp;
  readonly policy?: Partial<Policy>;
  breakIt(world: World): void;
}

export const LONG_AGO = '2026-11-20T10:00:00.000Z';

export function variant(
  observation: string,
  refusedBy: readonly string[],
  saying: RegExp,
  breakIt: (world: World) => void,
  policy?: Partial<Policy>,
): Variant {
  return { observation, refusedBy, saying, breakIt, ...(policy === undefined ? {} : { policy }) };
}
export function withoutRun(report: InspectReport, run: string): InspectReport {
  return {
    ...report,
    archives: report.archives.filter((one) => one.run_id !== run),
    runs: report.runs.filter((one) => one.run_id !== run),
  };
}
