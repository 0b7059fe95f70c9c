import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Random } from '../../runtime/simulator/random.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE } from '../settings/names.ts';
import { PROJECT } from './delivery.ts';
import { E2eError } from './error.ts';

/**
 * What is broken: the verifier by SIGKILL, by a forced deletion (which leaves it a second), or by SIGTERM; its inspector or
 * upload; its way to the API server; the network of its node.
 */
export type Blow =
  | 'verifier killed'
  | 'verifier deleted'
  | 'verifier ended'
  | 'its Job killed'
  | 'connection cut'
  | 'network cut';

export interface Cut {
  readonly command: string;
  readonly mend: string;
}

/** What blows are dealt with. */
export interface Means {
  readonly kubectl: Kubectl;
  readonly stage: 'canary' | 'full';
  /** Shell commands that cut and mend the way from POD_IP to the API server; absent: not tried. */
  readonly cut: Cut | null;
  /** The same for the network of the pods of its node. */
  readonly isolate: Cut | null;
  /** Shell command that sends SIGKILL to the process of POD_NAME in POD_NAMESPACE; absent: not tried. */
  readonly kill: string | null;
  readonly signal: AbortSignal;
}

export const STRUCK_JOB_LABEL = 'orderbooks-gate-run';
export const NAMESPACES = { canary: CANARY_NAMESPACE, full: PRODUCTION_NAMESPACE } as const;
/** Shorter than one call's time-out, and longer than several. */
const CUT_MS = [5000, 30_000] as const;
/** A gate runs Jobs with pauses between them; the longest is its observation. */
const NEXT_JOB_MS = 30_000;
const LOOK_MS = 300;

export const podObject = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ phase: z.string().default(''), podIP: z.string().default('') }).prefault({}),
});
export type GatePod = z.infer<typeof podObject>;

/** Breaks something of a gate run; whether there was anything to break. */
export async function deal(
  { kubectl, stage, cut, isolate, kill, signal }: Means,
  blow: Blow,
  pod: GatePod,
  random: Random,
): Promise<boolean> {
  const remove = async (name: string, namespace: string, grace: readonly string[]) => {
    const answer = await kubectl.answer([
      'delete',
      'pod',
      name,
      `--namespace=${namespace}`,
      ...grace,
    ]);
    return answer.code === 0;
  };
  switch (blow) {
    case 'verifier killed':
      if (kill === null) return false;
      await shell(kill, pod);
      return true;
    case 'verifier deleted':
      return remove(pod.metadata.name, PROJECT, ['--grace-period=0', '--force']);
    case 'verifier ended':
      return remove(pod.metadata.name, PROJECT, ['--wait=false']);
    case 'its Job killed': {
      const own = await runningJobPod(kubectl, stage, signal);
      return own !== null && remove(own, NAMESPACES[stage], ['--grace-period=0', '--force']);
    }
    case 'connection cut':
      return during(cut, random.integer(...CUT_MS), pod, signal);
    case 'network cut':
      return during(isolate, random.integer(...CUT_MS), pod, signal);
  }
}

async function during(
  cut: Cut | null,
  forMs: number,
  pod: GatePod,
  signal: AbortSignal,
): Promise<boolean> {
  if (cut === null) return false;
  await shell(cut.command, pod);
  try {
    await sleep(forMs, undefined, { signal });
  } finally {
    await shell(cut.mend, pod);
  }
  return true;
}

/** The next inspector or upload that runs. */
async function runningJobPod(
  kubectl: Kubectl,
  stage: Means['stage'],
  signal: AbortSignal,
): Promise<string | null> {
  const giveUpAt = Date.now() + NEXT_JOB_MS;
  for (;;) {
    const own = await kubectl.list('pods', NAMESPACES[stage], podObject, STRUCK_JOB_LABEL);
    const running = own.find(({ status }) => ['Running', 'Pending'].includes(status.phase));
    if (running !== undefined) return running.metadata.name;
    if (Date.now() > giveUpAt) return null;
    await sleep(LOOK_MS, undefined, { signal });
  }
}

async function shell(command: string, pod: GatePod): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('sh', ['-c', command], {
      env: {
        ...process.env,
        POD_IP: pod.status.podIP,
        POD_NAME: pod.metadata.name,
        POD_NAMESPACE: PROJECT,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new E2eError('CUT_FAILED', `${command}: ended with code ${code}`);
}
