import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterFlags } from '../cluster/command.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import {
  outcomeOf,
  runSteps,
  type Step,
  type StepResult,
  type StepsResult,
} from '../cluster/steps.ts';
import { waitForRollout } from '../deploy-canary/rollout.ts';
import { checkoutPlace, git } from '../git.ts';
import { type ClusterWish, provideCluster } from './cluster.ts';
import { LOCAL_IMAGE, LOCAL_NAMESPACE, localObjects } from './overlay.ts';
import { buildImage, contextOf, currentContext, detectTool, loadImage } from './tool.ts';
import type { verifyRecorder } from './verify.ts';

export interface LocalOptions extends ClusterFlags, ClusterWish {
  readonly root: string;
  /** `NAME=VALUE` for the Dockerfile. */
  readonly buildArguments: readonly string[];
  /** One that the nodes can pull; absent: build the checkout and load it into the nodes. */
  readonly image?: string;
  readonly environment?: NodeJS.ProcessEnv;
  tell(result: StepResult): void;
  verify: typeof verifyRecorder;
}

/** In the order in which one needs the other. */
const ROLLOUTS = [
  { deployment: 'orderbooks-simulated-feed', component: 'simulated-feed' },
  { deployment: 'orderbooks-ws-recorder', component: 'ws-recorder' },
  { deployment: 'orderbooks-collector', component: 'collector' },
] as const;

/** From nothing to a running, verified recorder on a cluster of this machine. */
export async function deployLocal(options: LocalOptions): Promise<StepsResult> {
  const home = await mkdtemp(join(tmpdir(), 'orderbooks-local-'));
  try {
    return await runSteps(stepsOf(options, home), options.tell);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function stepsOf(options: LocalOptions, home: string): readonly Step[] {
  const { root, signal, environment, rolloutTimeoutMs } = options;
  // kind and k3d write the context of a new cluster where KUBECONFIG says.
  const { kubeconfig } = options;
  const machine = {
    signal,
    environment: {
      ...(environment ?? process.env),
      ...(kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig }),
    },
  };
  const dryRun = options.dryRun === true;
  let image = options.image ?? LOCAL_IMAGE;
  const context =
    options.context ??
    (options.create && options.tool !== undefined && options.tool !== 'k3s'
      ? contextOf(options.tool)
      : undefined);
  const kubectl = new Kubectl({
    ...options,
    ...(context === undefined ? {} : { context }),
    fieldManager: 'orderbooks-local',
  });
  const would = (detail: string) => ({ state: 'would change', detail }) as const;
  const build: readonly Step[] = [
    {
      name: 'image',
      async run() {
        const revision = await git(checkoutPlace(root, signal), 'rev-parse', 'HEAD');
        if (dryRun) return would('one would be built from the working tree');
        const values = [`REVISION=${revision}`, ...options.buildArguments];
        image = await buildImage(root, LOCAL_IMAGE, values, machine);
        return { state: 'done', detail: `${image} built on ${revision.slice(0, 12)}` };
      },
    },
    {
      name: 'load',
      async run() {
        if (dryRun) return would('it would be loaded into the nodes');
        const tool = options.tool ?? (await detectTool(kubectl));
        await loadImage(tool, image, context ?? (await currentContext(kubectl)), home, machine);
        return { state: 'done', detail: `into the nodes of ${tool}` };
      },
    },
  ];
  let toBeMade = false;
  return [
    {
      name: 'cluster',
      async run() {
        const outcome = await provideCluster(options, kubectl, machine);
        toBeMade = outcome.state === 'would change';
        return outcome;
      },
    },
    ...(options.image === undefined ? build : []),
    {
      name: 'objects',
      async run() {
        // Which image a dry run would have built is not known; all else can be compared.
        if (dryRun && !toBeMade && options.image === undefined) image = await runningImage(kubectl);
        const objects = await localObjects(root, image, home, signal);
        if (dryRun && (toBeMade || !(await namespaceThere(kubectl)))) {
          // The server cannot judge objects of a namespace that it does not have.
          return would(`${objects.length} objects would be created`);
        }
        return outcomeOf(await kubectl.apply(objects), dryRun);
      },
    },
    ...ROLLOUTS.map(
      ({ deployment, component }): Step => ({
        name: deployment,
        async run() {
          if (dryRun) return { state: 'skipped', detail: 'a dry run starts nothing' };
          const pod = await waitForRollout(
            kubectl,
            { namespace: LOCAL_NAMESPACE, deployment, component, timeoutMs: rolloutTimeoutMs },
            null,
          );
          return { state: 'done', detail: `pod ${pod} is ready` };
        },
      }),
    ),
    {
      name: 'verify',
      async run() {
        if (dryRun) return { state: 'skipped', detail: 'a dry run starts nothing' };
        const words = [
          'get',
          'pods',
          `--namespace=${LOCAL_NAMESPACE}`,
          '--selector=app.kubernetes.io/component=ws-recorder',
          '--field-selector=status.phase=Running',
          '--output=jsonpath={.items[0].metadata.name}',
        ];
        const pod = (await kubectl.run(words)).trim();
        return { state: 'done', detail: await options.verify(kubectl.options, pod, signal) };
      },
    },
  ];
}

/** Of the recorder; where there is none, the one that the overlay names. */
async function runningImage(kubectl: Kubectl): Promise<string> {
  const path = '{.spec.template.spec.containers[0].image}';
  const words = [
    'get',
    'deployments.apps',
    'orderbooks-ws-recorder',
    `--namespace=${LOCAL_NAMESPACE}`,
    '--ignore-not-found',
    `--output=jsonpath=${path}`,
  ];
  return (await kubectl.run(words)).trim() || LOCAL_IMAGE;
}

async function namespaceThere(kubectl: Kubectl): Promise<boolean> {
  const words = ['get', 'namespace', LOCAL_NAMESPACE, '--ignore-not-found', '--output=name'];
  return (await kubectl.run(words)).trim() !== '';
}
