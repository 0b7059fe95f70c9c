import { join } from 'node:path';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Step } from '../cluster/steps.ts';
import { type ClusterTool, contextOf, type Machine } from '../deploy/tool.ts';
import { DEFAULT_BUILD } from '../e2e/release.ts';
import {
  CLUSTER,
  makeCluster,
  REGISTRY,
  removeAll,
  requireRegistryName,
  type Services,
  startRegistry,
  startServices,
} from './machine.ts';
import { follow } from './watching.ts';

export interface SmokeOptions {
  readonly root: string;
  readonly tool: ClusterTool;
  /** Of the cluster's nodes; absent: the tool's own. */
  readonly nodeImage?: string | undefined;
  /** `NAME=VALUE` for the Dockerfile, such as a base of your mirror. */
  readonly buildArguments: readonly string[];
  /** Temporary; git repositories, remote and rclone.conf of the run. */
  readonly folder: string;
  /** Where the result and the evidence of the run go. */
  readonly output: string;
  readonly charts?: string;
  readonly kubectl: Kubectl;
  readonly machine: Machine;
  readonly stream: NodeJS.WriteStream;
}

/** Longest times, each with room for a first pull of all images on a small runner. */
const TOOLS_TIMEOUT_MS = 20 * 60_000;
const E2E_TIMEOUT_MS = 45 * 60_000;

/** From nothing to a version that was verified in the canary and in full, and a defective one that was refused. */
export function smokeSteps(options: SmokeOptions): {
  readonly steps: readonly Step[];
  /** Ends what runs on this machine; the cluster stays. */
  stop(): Promise<void>;
} {
  const { root, tool, folder, output, charts, kubectl, machine, stream } = options;
  let services: Services | null = null;
  const command = (main: string, timeoutMs: number, words: readonly string[]) =>
    follow({
      words: [join(root, 'scripts', main, 'main.ts'), ...words],
      timeoutMs,
      kubectl,
      stream,
      ...machine,
    });
  const context = `--context=${contextOf(tool, CLUSTER)}`;
  const steps: readonly Step[] = [
    {
      name: 'cluster',
      run: async () => {
        await requireRegistryName();
        // What a run that was killed left behind would be neither new nor empty.
        await removeAll(tool, machine);
        await makeCluster(tool, folder, machine, options.nodeImage);
        return { state: 'changed', detail: `${contextOf(tool, CLUSTER)} made` };
      },
    },
    {
      name: 'registry',
      run: async () => {
        await startRegistry(tool, machine);
        return { state: 'changed', detail: `${REGISTRY} runs` };
      },
    },
    {
      name: 'services',
      run: async () => {
        services = await startServices(tool, folder, machine);
        return { state: 'changed', detail: `git at ${services.gitUrl}, a remote beside it` };
      },
    },
    {
      name: 'tools',
      run: async () => {
        await command('platform', TOOLS_TIMEOUT_MS, [
          'install',
          '--tools-only',
          context,
          ...(charts === undefined ? [] : [`--charts=${charts}`]),
        ]);
        return {
          state: 'done',
          detail: 'cert-manager, Argo CD, Argo Rollouts and Kargo are there',
        };
      },
    },
    {
      name: 'promotions',
      run: async () => {
        if (services === null) throw new Error('the step services comes first');
        const { gitUrl, rcloneConf, remotePort } = services;
        await command('e2e', E2E_TIMEOUT_MS, [
          context,
          '--quick',
          `--git-url=${gitUrl}`,
          `--registry=${REGISTRY}/orderbooks`,
          `--rclone-conf=${rcloneConf}`,
          `--build=${buildCommand(options.buildArguments)}`,
          // The remote listens on a port that needs no root; the bundle's uploader may reach 443 only.
          `--set=gitops/base/networkpolicy-remote.yaml:spec.egress.0.ports.0.port=${remotePort}`,
          `--output=${join(output, 'e2e')}`,
        ]);
        return {
          state: 'done',
          detail: 'two versions verified in full, the defective one refused',
        };
      },
    },
  ];
  return { steps, stop: async () => services?.stop() };
}

/** The default of `npm run e2e`, with more values for the Dockerfile, each as one word of the shell. */
export function buildCommand(values: readonly string[]): string {
  const words = values.map((value) => ` --build-arg '${value.replaceAll("'", `'\\''`)}'`);
  return DEFAULT_BUILD.replace('docker build', () => `docker build${words.join('')}`);
}
