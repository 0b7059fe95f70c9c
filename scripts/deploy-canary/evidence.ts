import { join } from 'node:path';
import type { MadeChange } from '../cluster/changes.ts';
import type { StepsResult } from '../cluster/steps.ts';
import type { CollectorSnapshot } from './collector.ts';
import type { Ownership } from './ownership.ts';

/** One deployment of the canary by hand, whatever came of it. Names are those of every other manifest of a run. */
export interface DeployEvidence {
  readonly version: 1;
  readonly kind: 'ws_canary_deploy';
  readonly gate_status: 'PASS' | 'FAIL';
  readonly started_at: string;
  readonly finished_at: string;
  readonly context: string | null;
  readonly source_commit: string | null;
  readonly pushed_as: string | null;
  readonly image: string | null;
  readonly objects: readonly MadeChange[];
  /** Accounts that were not there; pods ran under `default` instead. */
  readonly missing_accounts: readonly string[];
  readonly ownership: Ownership | null;
  /** How Argo CD gets the canary back, where it was or may have been paused. */
  readonly give_back: string | null;
  readonly recorder_pod: string | null;
  readonly collector: {
    readonly before: CollectorSnapshot | null;
    readonly after: CollectorSnapshot | null;
    /** Null if one of the two could not be read: then nothing is proven. */
    readonly unchanged: boolean | null;
    readonly changes: readonly string[];
  };
  readonly steps: StepsResult['steps'];
  readonly error: StepsResult['error'] | null;
}

/** Such as `data/manifests/ws_canary_deploy_20261121T144500Z.json`. */
export function evidenceFile(root: string, startedAt: Date): string {
  const stamp = startedAt.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return join(root, 'data', 'manifests', `ws_canary_deploy_${stamp}Z.json`);
}
