import { z } from 'zod';
import { messageOf } from '../../runtime/thrown.ts';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';

const MARGIN_MS = 10_000;
const LAST_EVENTS = 8;
/** Of a pod that runs and is not ready: its own words mostly say what it waits for. */
const LAST_LOG_LINES = 4;
const MOST_CHARACTERS = 300;

const pod = z.object({
  metadata: z.object({ name: z.string(), deletionTimestamp: z.string().nullish() }),
  status: z.object({
    phase: z.string().default('Unknown'),
    containerStatuses: z
      .array(
        z.object({
          ready: z.boolean(),
          imageID: z.string().default(''),
          state: z
            .object({
              waiting: z
                .object({ reason: z.string().default(''), message: z.string().default('') })
                .nullish(),
            })
            .prefault({}),
        }),
      )
      .default([]),
  }),
});

export interface Rollout {
  readonly namespace: string;
  readonly deployment: string;
  /** Value of label app.kubernetes.io/component. */
  readonly component: string;
  readonly timeoutMs: number;
}

/**
 * Waits for one Deployment and for nothing else, and returns the name of its ready pod.
 *
 * @param digest that the kubelet must report for the running container; null where the image was loaded by hand
 * @throws ClusterError ROLLOUT_FAILED with what pods and events say
 */
export async function waitForRollout(
  kubectl: Kubectl,
  rollout: Rollout,
  digest: string | null,
): Promise<string> {
  const { namespace, deployment, timeoutMs } = rollout;
  const words = [
    'rollout',
    'status',
    `deployment/${deployment}`,
    `--namespace=${namespace}`,
    `--timeout=${Math.max(1, Math.round(timeoutMs / 1000))}s`,
  ];
  const answer = await kubectl.answer(words, undefined, timeoutMs + MARGIN_MS);
  if (answer.code !== 0) {
    throw new ClusterError(
      'ROLLOUT_FAILED',
      `${kubectl.failed(words, answer).message}\n${await diagnosis(kubectl, rollout)}`,
    );
  }
  const live = (await pods(kubectl, rollout)).find(
    ({ metadata, status }) =>
      (metadata.deletionTimestamp ?? null) === null && status.containerStatuses[0]?.ready === true,
  );
  const imageId = live?.status.containerStatuses[0]?.imageID ?? '';
  if (live === undefined || (digest !== null && !imageId.endsWith(digest))) {
    throw new ClusterError(
      'ROLLOUT_FAILED',
      `expected a ready pod of ${deployment} that runs ${digest ?? 'the image'}, seen ${live === undefined ? 'none' : imageId || 'no digest'}\n${await diagnosis(kubectl, rollout)}`,
    );
  }
  return live.metadata.name;
}

/** What pods and events say, for a person; says so where they cannot be read. */
export async function diagnosis(kubectl: Kubectl, rollout: Rollout): Promise<string> {
  const { namespace, deployment } = rollout;
  const lines: string[] = [];
  try {
    for (const { metadata, status } of await pods(kubectl, rollout)) {
      const container = status.containerStatuses[0];
      const waiting = container?.state.waiting;
      const why = waiting ? `, waits: ${waiting.reason} ${waiting.message}`.trimEnd() : '';
      const silent = status.phase === 'Running' && !waiting && container?.ready === false;
      lines.push(`pod ${metadata.name}: ${status.phase}${silent ? ', not ready' : ''}${why}`);
      if (silent) lines.push(...(await lastWords(kubectl, namespace, metadata.name)));
    }
    if (lines.length === 0) lines.push('no pod: see the events of its ReplicaSet');
    const events = await kubectl.run([
      'get',
      'events',
      `--namespace=${namespace}`,
      '--sort-by=.lastTimestamp',
      '--output=custom-columns=:.type,:.reason,:.involvedObject.name,:.message',
    ]);
    // Of its pods and ReplicaSets; in the namespace others come and go.
    const own = events
      .trim()
      .split('\n')
      .filter((line) => (line.split(/\s+/)[2] ?? '').startsWith(deployment));
    const last = own.slice(-LAST_EVENTS);
    lines.push(...last.map((line) => `event ${line.replaceAll(/\s+/g, ' ')}`));
  } catch (error) {
    lines.push(`pods and events cannot be read: ${messageOf(error)}`);
  }
  return lines.join('\n');
}

async function lastWords(kubectl: Kubectl, namespace: string, pod: string): Promise<string[]> {
  const words = ['logs', pod, `--namespace=${namespace}`, `--tail=${LAST_LOG_LINES}`];
  const { code, out, error } = await kubectl.answer(words);
  const lines = (code === 0 ? out : error).trim().split('\n');
  return lines.map((line) => `  log ${line.slice(0, MOST_CHARACTERS)}`);
}

function pods(kubectl: Kubectl, { namespace, component }: Rollout) {
  return kubectl.list(
    'pods',
    namespace,
    pod,
    `app.kubernetes.io/name=orderbooks,app.kubernetes.io/component=${component}`,
  );
}
