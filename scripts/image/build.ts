import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ClusterFlags } from '../cluster/command.ts';
import { ClusterError } from '../cluster/failure.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import {
  outcomeOf,
  runSteps,
  type Step,
  type StepResult,
  type StepsResult,
} from '../cluster/steps.ts';
import { readCommit, requirePushedAndClean } from '../deploy-canary/source.ts';
import { checkoutPlace, git } from '../git.ts';
import { type BuildPlan, buildJob, jobName } from './build-job.ts';
import type { findImage, ImageInRegistry } from './registry.ts';

export interface BuildOptions extends ClusterFlags {
  readonly root: string;
  readonly gitRef: string;
  readonly remote: string;
  readonly plan: Omit<BuildPlan, 'commit' | 'commitSeconds'>;
  readonly signal: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  tell(result: StepResult): void;
  /** How the registry is asked. */
  readonly find: typeof findImage;
}

const POLL_MS = 2000;
const LOG_LINES = 30;
const job = z.object({
  status: z
    .object({
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().default('') }))
        .default([]),
    })
    .prefault({}),
});

export interface Built {
  readonly result: StepsResult;
  readonly commit: string | null;
  /** `repository:commit@sha256:…`, or null if it is not there. */
  readonly image: string | null;
}

/** Builds the image of a pushed commit inside the cluster, unless the registry has it. Deploys nothing: Kargo does. */
export async function buildImage(options: BuildOptions): Promise<Built> {
  const { plan: terms, root, signal } = options;
  const dryRun = options.dryRun === true;
  const kubectl = new Kubectl({ ...options, fieldManager: 'orderbooks-image' });
  const registry = { signal, insecure: terms.insecure };
  let commit: string | null = null;
  let found: ImageInRegistry | null = null;
  const steps: readonly Step[] = [
    {
      name: 'commit',
      async run() {
        const read = await readCommit(root, options.gitRef, options.remote, signal, !dryRun);
        // The build takes the commit from the repository, so changes here cannot get in: being pushed is enough.
        if (!dryRun) requirePushedAndClean({ ...read, changed: [] }, options.remote);
        commit = read.sha;
        return {
          state: 'done',
          detail: `${read.sha}, ${read.pushedAs ?? 'not known to be pushed'}`,
        };
      },
    },
    {
      name: 'registry',
      async run() {
        found = await options.find(terms.repository, commit ?? '', registry);
        const name = `${terms.repository}:${commit ?? ''}`;
        if (found === null) return { state: 'done', detail: `${name} is not there yet` };
        return { state: 'unchanged', detail: `${name} is there` };
      },
    },
    {
      name: 'build',
      async run() {
        if (found !== null) return { state: 'unchanged', detail: 'nothing to build' };
        const sha = commit ?? '';
        const commitSeconds = Number(
          await git(checkoutPlace(root, signal), 'log', '-1', '--format=%ct', sha),
        );
        const plan = { ...terms, commit: sha, commitSeconds };
        const applied = outcomeOf(await kubectl.apply([buildJob(plan)]), dryRun);
        if (dryRun) return applied;
        await finished(kubectl, plan, signal);
        return { state: 'changed', detail: `Job ${jobName(plan)} built and pushed` };
      },
    },
    {
      name: 'digest',
      async run() {
        if (dryRun && found === null)
          return { state: 'skipped', detail: 'a dry run builds nothing' };
        found ??= await options.find(terms.repository, commit ?? '', registry);
        requireRight(found, commit ?? '', terms);
        return { state: 'done', detail: `${found?.digest}, for ${found?.platforms.join(', ')}` };
      },
    },
  ];
  const result = await runSteps(steps, options.tell);
  const image = found as ImageInRegistry | null;
  return {
    result,
    commit,
    image: image === null ? null : `${terms.repository}:${commit ?? ''}@${image.digest}`,
  };
}

/** @throws ClusterError IMAGE_WRONG if the registry's image is not of this commit, or not for every platform */
function requireRight(
  found: ImageInRegistry | null,
  commit: string,
  { platforms, repository }: Pick<BuildPlan, 'platforms' | 'repository'>,
): void {
  const problems =
    found === null
      ? ['it is not in the registry']
      : [
          ...(found.revision === commit
            ? []
            : [`its label revision is ${found.revision ?? 'absent'}`]),
          ...platforms.flatMap((one) => (found.platforms.includes(one) ? [] : [`none for ${one}`])),
        ];
  if (problems.length === 0) return;
  throw new ClusterError(
    'IMAGE_WRONG',
    `expected ${repository}:${commit} built from that commit for ${platforms.join(', ')}, seen: ${problems.join('; ')}; remove the tag from the registry and build again`,
  );
}

/** Waits until the Job ends. Interrupted, the Job goes on: asking again finds it. */
async function finished(kubectl: Kubectl, plan: BuildPlan, signal: AbortSignal): Promise<void> {
  const name = jobName(plan);
  const deadline = Date.now() + (plan.deadlineSeconds + 60) * 1000;
  for (;;) {
    const found = await kubectl.find('jobs.batch', name, plan.namespace, job);
    const ended = found?.status.conditions.find(
      ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
    );
    if (ended?.type === 'Complete') return;
    if (ended !== undefined || found === null || Date.now() > deadline) {
      const words = [
        'logs',
        `job/${name}`,
        `--namespace=${plan.namespace}`,
        '--all-containers',
        `--tail=${LOG_LINES}`,
      ];
      const log = await kubectl.answer(words);
      throw new ClusterError(
        'BUILD_FAILED',
        `Job ${plan.namespace}/${name}: ${ended?.message ?? (found === null ? 'it is gone' : 'it never ended')}; delete it to build again (kubectl -n ${plan.namespace} delete job ${name}). Its log ends:\n${log.out.trim() || log.error.trim()}`,
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
