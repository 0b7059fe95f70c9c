import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Ending } from './acts.ts';
import { type CanaryStage, throughCanary } from './canary-acts.ts';
import { RehearsalError } from './error.ts';
import type { Fault } from './faults.ts';
import type { FaultTrial } from './result.ts';

interface Trials extends CanaryStage {
  readonly signal: AbortSignal;
}

const RECORDER = 'app.kubernetes.io/component=ws-recorder';
const DATA = 'orderbooks-data';
/** A recorder ends within its grace period; a busy machine gets more. */
const GONE_TIMEOUT_MS = 120_000;
const POLL_MS = 50;

/**
 * Several defects on one set-up, each in a version 2 of its own. What one wrote does not mislead the check of the next:
 * each begins on an empty volume.
 */
export async function faultTrials(faults: readonly Fault[], stage: Trials): Promise<Ending> {
  const trials: FaultTrial[] = [];
  for (const fault of faults) {
    await emptyCanary(stage);
    const { ending } = await throughCanary(stage, fault);
    if (ending === null) throw new RehearsalError('FAULT_UNJUDGED', `${fault.name} had no ending`);
    const { name, about, check } = fault;
    const { verdict, summary, refusedPromotion } = ending;
    trials.push({ name, about, check, verdict, summary, refusedPromotion });
  }
  const escaped = trials.filter(({ verdict }) => verdict !== 'REFUSED');
  return {
    verdict: escaped.length === 0 ? 'REFUSED' : 'ESCAPED',
    summary:
      escaped.length === 0
        ? `Each of ${trials.length} defects was refused in the canary by the check meant for it.`
        : escaped.map(({ summary }) => summary).join(' '),
    refusedPromotion: null,
    faultTrials: trials,
  };
}

/** Takes the canary's recorder and its volume away; the next promotion brings both anew. */
async function emptyCanary({ cluster, manifests, progress, signal }: Trials): Promise<void> {
  const namespace = manifests.namespaces.get('canary') ?? '';
  progress.current('emptying the canary');
  cluster.delete('apps/v1', 'Deployment', namespace, 'orderbooks-ws-recorder');
  const deadline = Date.now() + GONE_TIMEOUT_MS;
  while (cluster.list('v1', 'Pod', namespace, RECORDER).length > 0) {
    if (Date.now() > deadline) {
      throw new RehearsalError(
        'CANARY_NOT_EMPTIED',
        `expected the recorder of ${namespace} to end within ${GONE_TIMEOUT_MS / 1000} s of its Deployment's deletion`,
      );
    }
    await wait(POLL_MS, undefined, { signal });
  }
  const folder = cluster.claimFolder(namespace, DATA);
  cluster.delete('v1', 'PersistentVolumeClaim', namespace, DATA);
  await rm(folder, { recursive: true, force: true });
}
