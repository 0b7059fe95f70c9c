import type { Policy } from '../../../../runtime/gates/policy.ts';
import type { InspectReport } from '../../../../runtime/inspector/report.ts';
import { World } from '../world.ts';

/** One observation that is absent, empty, stale, truncated or foreign, and the checks that have to refuse it. */
export interface Variant {
  readonly gate: string;
  readonly observation: string;
  readonly refusedBy: readonly string[];
  /** What each of them has to give as its reason. */
  readonly saying: RegExp;
  readonly policy?: Partial<Policy>;
  /** A world where the gate passes. */
  world(): World;
  breakIt(world: World): void;
}

export const LONG_AGO = '2026-11-20T10:00:00.000Z';

/** Makes variants for a gate from the whole worlds of `whole`; `usual` is the policy of those that have none. */
export function variants(gate: string, whole = () => new World(), usual?: Partial<Policy>) {
  return (
    observation: string,
    refusedBy: readonly string[],
    saying: RegExp,
    breakIt: (world: World) => void,
    policy = usual,
  ): Variant => ({
    gate,
    observation,
    refusedBy,
    saying,
    world: whole,
    breakIt,
    ...(policy === undefined ? {} : { policy }),
  });
}

/** Of ws-smoke. Long enough for a closed archive, too short to wait for what never comes. */
export const variant = variants('ws-smoke', () => new World(), { dataTimeout: 40_000 });

export function withoutRun(report: InspectReport, run: string): InspectReport {
  return {
    ...report,
    archives: report.archives.filter((one) => one.run_id !== run),
    runs: report.runs.filter((one) => one.run_id !== run),
  };
}
