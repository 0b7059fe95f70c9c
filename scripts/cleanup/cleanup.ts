import { z } from 'zod';
import type { ClusterFlags } from '../cluster/command.ts';
import { ClusterError } from '../cluster/failure.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { runSteps, type Step, type StepResult, type StepsResult } from '../cluster/steps.ts';
import { LOCAL_NAMESPACE } from '../deploy/overlay.ts';
import { clusterExists, contextOf, deleteCluster } from '../deploy/tool.ts';

export interface CleanupOptions extends ClusterFlags {
  /** Removes cluster "orderbooks" of this tool as a whole. */
  readonly cluster?: 'k3d' | 'kind';
  /** Asked before anything is removed; gets what will be lost. */
  confirm(loss: string): Promise<boolean>;
  readonly signal: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  tell(result: StepResult): void;
}

/** Pods get their grace period, then volumes are released. */
const DELETE_TIMEOUT_MS = 300_000;

const namespace = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
});
const claim = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({ capacity: z.object({ storage: z.string().optional() }).optional() })
    .optional(),
});

/** Removes the trial. Namespaces other than the trial's are never touched. */
export async function cleanupLocal(options: CleanupOptions): Promise<StepsResult> {
  const steps =
    options.cluster === undefined
      ? [namespaceStep(options)]
      : [clusterStep(options.cluster, options)];
  return runSteps(steps, options.tell);
}

function namespaceStep(options: CleanupOptions): Step {
  const kubectl = new Kubectl(options);
  return {
    name: `namespace ${LOCAL_NAMESPACE}`,
    async run() {
      const found = await kubectl.find('namespaces', LOCAL_NAMESPACE, null, namespace);
      if (found === null) return { state: 'unchanged', detail: 'not there' };
      if (found.metadata.labels['app.kubernetes.io/name'] !== 'orderbooks') {
        throw new ClusterError(
          'REFUSED',
          `namespace ${LOCAL_NAMESPACE} lacks label app.kubernetes.io/name=orderbooks: it is not what deploy:local makes; remove it by hand if it is yours`,
        );
      }
      const claims = await kubectl.list('persistentvolumeclaims', LOCAL_NAMESPACE, claim);
      const volumes = claims.map(
        ({ metadata, status }) => `${metadata.name} (${status?.capacity?.storage ?? 'not bound'})`,
      );
      const loss = `namespace ${LOCAL_NAMESPACE} with all it recorded: volumes ${volumes.join(', ') || 'none'}`;
      if (options.dryRun === true)
        return { state: 'would change', detail: `${loss} would be removed` };
      await confirmed(options, loss);
      const words = [
        'delete',
        'namespace',
        LOCAL_NAMESPACE,
        '--wait',
        `--timeout=${DELETE_TIMEOUT_MS / 1000}s`,
      ];
      const answer = await kubectl.answer(words, undefined, DELETE_TIMEOUT_MS + 10_000);
      if (answer.code !== 0) throw kubectl.failed(words, answer);
      return { state: 'changed', detail: `${loss} removed` };
    },
  };
}

function clusterStep(tool: 'k3d' | 'kind', options: CleanupOptions): Step {
  return {
    name: `cluster ${contextOf(tool)}`,
    async run() {
      if (!(await clusterExists(tool, options))) return { state: 'unchanged', detail: 'not there' };
      const loss = `cluster ${contextOf(tool)} with everything in it`;
      if (options.dryRun === true)
        return { state: 'would change', detail: `${loss} would be removed` };
      await confirmed(options, loss);
      await deleteCluster(tool, options);
      return { state: 'changed', detail: `${loss} removed` };
    },
  };
}

async function confirmed(options: CleanupOptions, loss: string): Promise<void> {
  if (await options.confirm(loss)) return;
  throw new ClusterError('NOT_CONFIRMED', `nothing was removed: ${loss}`);
}
