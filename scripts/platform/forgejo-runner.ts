import { z } from 'zod';
import type { Kubectl } from '../cluster/kubectl.ts';
import { outcomeOf, type StepOutcome } from '../cluster/steps.ts';
import type { ComponentStatus } from './status.ts';

export const FORGEJO_RUNNER_NAMESPACE = 'forgejo-runners';
/** Made by `npm run bootstrap -- --forgejo-runner …`: key `config.yml`, with the token that Forgejo gave. */
export const FORGEJO_RUNNER_SECRET = 'forgejo-runner';
const NAME = 'forgejo-runner';
const RUNNER_IMAGE = 'data.forgejo.org/forgejo/runner:13.2.0';
const DOCKER_IMAGE = 'docker.io/library/docker:28.3.3-dind';
const DOCKER_PORT = 2375;
const USER = 1000;

/** A runner of Forgejo's own with a Docker daemon beside it, which nothing but the runner and its jobs reach. */
export async function installForgejoRunner(kubectl: Kubectl): Promise<StepOutcome> {
  const objects = [forgejoRunnerNamespace(), deployment()];
  if (!kubectl.dryRun) return outcomeOf(await kubectl.apply(objects), false);
  // The server cannot judge what would be in a namespace that it does not have.
  const there = await kubectl.find('namespace', FORGEJO_RUNNER_NAMESPACE, null, z.unknown());
  return there === null
    ? { state: 'would change', detail: `${objects.length} objects would be created` }
    : outcomeOf(await kubectl.apply(objects), true);
}

export function forgejoRunnerNamespace(): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: FORGEJO_RUNNER_NAMESPACE,
      // A Docker daemon in a pod is privileged: whoever may change a workflow has this node.
      labels: { ...LABELS, 'pod-security.kubernetes.io/enforce': 'privileged' },
    },
  };
}

/** The Deployment goes; its namespace with the Secret stays. */
export async function removeForgejoRunner(kubectl: Kubectl): Promise<StepOutcome> {
  const found = await seenDeployment(kubectl);
  if (found === null) return { state: 'unchanged', detail: 'not there' };
  const where = `Deployment ${FORGEJO_RUNNER_NAMESPACE}/${NAME}`;
  if (kubectl.dryRun) return { state: 'would change', detail: `delete ${where}` };
  await kubectl.run([
    'delete',
    'deployments.apps',
    NAME,
    `--namespace=${FORGEJO_RUNNER_NAMESPACE}`,
    '--ignore-not-found',
  ]);
  return { state: 'changed', detail: `${where} deleted; its namespace and Secret stay` };
}

/** Null where there is none. */
export async function forgejoRunnerStatus(kubectl: Kubectl): Promise<ComponentStatus | null> {
  const found = await seenDeployment(kubectl);
  if (found === null) return null;
  const ready = found.status.readyReplicas >= found.spec.replicas;
  return { name: NAME, state: ready ? 'deployed' : 'not ready', detail: RUNNER_IMAGE };
}

const LABELS = { 'app.kubernetes.io/name': NAME };
const seen = z.object({
  spec: z.object({ replicas: z.number().default(1) }),
  status: z.object({ readyReplicas: z.number().default(0) }).prefault({}),
});

function seenDeployment(kubectl: Kubectl) {
  return kubectl.find('deployments.apps', NAME, FORGEJO_RUNNER_NAMESPACE, seen);
}

function deployment(): object {
  const docker = { name: 'DOCKER_HOST', value: `tcp://127.0.0.1:${DOCKER_PORT}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: FORGEJO_RUNNER_NAMESPACE, labels: LABELS },
    spec: {
      replicas: 1,
      // Two with one registration would take the same job.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: LABELS },
      template: {
        metadata: { labels: LABELS },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          containers: [
            {
              name: 'runner',
              image: RUNNER_IMAGE,
              // It ends while the daemon is not there yet, and is started again.
              command: ['forgejo-runner', 'daemon', '--config', '/config/config.yml'],
              workingDir: '/data',
              env: [docker],
              resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '1Gi' } },
              securityContext: { runAsUser: USER, allowPrivilegeEscalation: false },
              volumeMounts: [
                { name: 'config', mountPath: '/config', readOnly: true },
                { name: 'data', mountPath: '/data' },
              ],
            },
            {
              name: 'docker',
              image: DOCKER_IMAGE,
              command: ['dockerd', '--host', docker.value, '--tls=false'],
              resources: { requests: { cpu: '500m', memory: '1Gi' }, limits: { memory: '6Gi' } },
              securityContext: { privileged: true },
              volumeMounts: [{ name: 'docker', mountPath: '/var/lib/docker' }],
            },
          ],
          securityContext: { fsGroup: USER },
          volumes: [
            { name: 'config', secret: { secretName: FORGEJO_RUNNER_SECRET } },
            { name: 'data', emptyDir: {} },
            { name: 'docker', emptyDir: {} },
          ],
        },
      },
    },
  };
}
