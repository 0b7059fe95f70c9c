import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterError, failureOf } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { StepOutcome } from '../cluster/steps.ts';
import {
  type ClusterTool,
  clusterExists,
  contextOf,
  createCluster,
  type Machine,
  type Tool,
} from './tool.ts';

export interface ClusterWish {
  /** Absent: what the context is of. */
  readonly tool?: Tool;
  /** Makes a cluster if there is none. */
  readonly create: boolean;
  /** That a new cluster is made of; absent: the tool's own. */
  readonly nodeImage?: string;
  readonly dryRun?: boolean;
  readonly rolloutTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** A cluster that has just been started serves within this time; it is asked this often. */
const START_MS = 60_000;
const LOOK_EVERY_MS = 2_000;
const READY = ['get', '--raw=/readyz'] as const;

/** The cluster of the context; with `create`, one of the tool, made where it is not there. */
export async function provideCluster(
  options: ClusterWish,
  kubectl: Kubectl,
  machine: Machine,
): Promise<StepOutcome> {
  const { tool, create, nodeImage, dryRun } = options;
  if (!create || tool === undefined || tool === 'k3s') {
    // Before an image is built for minutes.
    await kubectl.run(READY);
    return { state: 'unchanged', detail: 'the one of the context answers' };
  }
  if (await clusterExists(tool, machine)) {
    await requireAnswer(tool, kubectl, options);
    return { state: 'unchanged', detail: `${contextOf(tool)} is there` };
  }
  if (dryRun === true) return { state: 'would change', detail: `${contextOf(tool)} would be made` };
  await createCluster(tool, machine, { nodeImage });
  return { state: 'changed', detail: `${contextOf(tool)} made` };
}

/** A cluster of our name may be one that is starting, one that was stopped, or one whose creation was killed. */
async function requireAnswer(
  tool: ClusterTool,
  kubectl: Kubectl,
  { rolloutTimeoutMs, signal }: ClusterWish,
): Promise<void> {
  const deadline = Date.now() + Math.min(START_MS, rolloutTimeoutMs);
  for (;;) {
    const answer = await kubectl.answer(READY);
    if (answer.code === 0) return;
    const gone = failureOf(answer.error).code === 'CONTEXT_UNKNOWN';
    if (gone || Date.now() >= deadline) throw broken(tool, answer.error.trim());
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

function broken(tool: ClusterTool, said: string): ClusterError {
  // The API server's list of a few dozen checks, of which those that fail are of interest.
  const failing = [...said.matchAll(/\[-\](\S+) failed/g)].map(([, name]) => name);
  const seen = failing.length > 0 ? `not ready: ${failing.join(', ')}` : said;
  const start =
    tool === 'kind' ? 'docker start orderbooks-control-plane' : 'k3d cluster start orderbooks';
  return new ClusterError(
    'CLUSTER_BROKEN',
    `expected ${contextOf(tool)}, which ${tool} lists, to answer; seen: ${seen}; start it (${start}), or remove it (npm run cleanup:local -- --cluster ${tool}), then run again`,
  );
}
