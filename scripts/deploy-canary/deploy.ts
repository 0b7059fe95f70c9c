import { z } from 'zod';
import { RECORDER_COMPONENT } from '../../runtime/gates/workloads.ts';
import type { MadeChange } from '../cluster/changes.ts';
import type { ClusterFlags } from '../cluster/command.ts';
import { ClusterError } from '../cluster/failure.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import type { KubernetesObject } from '../cluster/objects.ts';
import { outcomeOf, runSteps, type Step, type StepResult } from '../cluster/steps.ts';
import { findImage } from '../image/registry.ts';
import { readSettings } from '../settings/settings.ts';
import { type CollectorSnapshot, collectorChanges, lookAtCollector } from './collector.ts';
import type { DeployEvidence } from './evidence.ts';
import { givingBack, type Ownership, pause, readOwnership, requireOwnership } from './ownership.ts';
import { waitForRollout } from './rollout.ts';
import { CANARY_NAMESPACE, RECORDER, scopedSet, withAccounts } from './scope.ts';
import { type Commit, readCommit, renderCommit, requirePushedAndClean } from './source.ts';

export interface DeployOptions extends ClusterFlags {
  readonly root: string;
  readonly gitRef: string;
  readonly remote: string;
  /** `sha256:…`; null to ask the registry for tag <commit>. */
  readonly imageDigest: string | null;
  readonly handOver: boolean;
  readonly rolloutTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
  now(): Date;
  tell(result: StepResult): void;
}

const FIELD_MANAGER = 'orderbooks-deploy-canary';
const named = z.object({ metadata: z.object({ name: z.string() }) });

/** Deploys the scoped set of the canary. The evidence is complete whatever happened; the caller writes it. */
export async function deployCanary(options: DeployOptions): Promise<DeployEvidence> {
  const { root, signal, rolloutTimeoutMs, tell, now } = options;
  const dryRun = options.dryRun === true;
  const startedAt = now();
  const access = { ...options, fieldManager: FIELD_MANAGER };
  const kubectl = new Kubectl(access);
  let commit: Commit | null = null;
  let image: { readonly repository: string; readonly digest: string } | null = null;
  let set: readonly KubernetesObject[] = [];
  let accounts: readonly string[] = [];
  let ownership: Ownership | null = null;
  let giveBack: string | null = null;
  let before: CollectorSnapshot | null = null;
  let after: CollectorSnapshot | null = null;
  let applied: readonly MadeChange[] = [];
  let pod: string | null = null;

  const look: readonly Step[] = [
    {
      name: 'commit',
      async run() {
        commit = await readCommit(root, options.gitRef, options.remote, signal, !dryRun);
        // A dry run may look at what is not pushed yet.
        if (!dryRun) requirePushedAndClean(commit, options.remote);
        const where =
          commit.pushedAs === null ? 'not known to be pushed' : `pushed as ${commit.pushedAs}`;
        const dirt =
          commit.changed.length === 0 ? '' : `, ${commit.changed.length} files changed since`;
        return { state: 'done', detail: `${commit.sha.slice(0, 12)}, ${where}${dirt}` };
      },
    },
    {
      name: 'image',
      async run() {
        const { imageRepository: repository } = await readSettings(root);
        const digest =
          options.imageDigest ?? (await digestOf(repository, commit?.sha ?? '', signal));
        image = { repository, digest };
        return { state: 'done', detail: `${repository}@${digest}` };
      },
    },
    {
      name: 'render',
      async run() {
        if (commit === null || image === null) throw unreachable('render');
        const render = await renderCommit(root, commit.sha, image, signal);
        const existing = await kubectl.list('serviceaccounts', CANARY_NAMESPACE, named);
        const names = new Set(existing.map(({ metadata }) => metadata.name));
        ({ objects: set, missing: accounts } = withAccounts(scopedSet(render), names));
        const instead =
          accounts.length === 0 ? '' : `; ${accounts.join(', ')} not there: pods run as default`;
        return { state: 'done', detail: `${set.map(({ kind }) => kind).join(', ')}${instead}` };
      },
    },
    {
      name: 'collector before',
      async run() {
        before = await lookAtCollector(kubectl);
        return { state: 'done', detail: describe(before) };
      },
    },
    { name: 'server dry run', run: () => serverDryRun(access, set) },
    {
      name: 'owner',
      async run() {
        ownership = await readOwnership(kubectl, set);
        requireOwnership(ownership, options.handOver);
        return { state: 'done', detail: options.handOver ? 'hand-over asked for' : 'nobody else' };
      },
    },
  ];
  const act: readonly Step[] = [
    {
      name: 'hand-over',
      async run() {
        const back = ownership === null ? null : givingBack(ownership);
        if (back === null) return { state: 'unchanged', detail: 'nothing to pause' };
        try {
          await pause(kubectl);
        } catch (error) {
          if (!(error instanceof ClusterError) || !error.outcomeUnknown) throw error;
          giveBack = back;
          throw new ClusterError(
            error.code,
            `${error.message} If the Application was paused, give it back with: ${back}`,
            { cause: error, outcomeUnknown: true },
          );
        }
        giveBack = back;
        return { state: 'changed', detail: `Application paused; give it back with: ${back}` };
      },
    },
    {
      name: 'apply',
      async run() {
        applied = await kubectl.apply(set, { force: options.handOver });
        return outcomeOf(applied, false);
      },
    },
    {
      name: 'rollout',
      async run() {
        pod = await waitForRollout(
          kubectl,
          {
            namespace: CANARY_NAMESPACE,
            deployment: RECORDER,
            component: RECORDER_COMPONENT,
            timeoutMs: rolloutTimeoutMs,
          },
          image?.digest ?? null,
        );
        return { state: 'done', detail: `pod ${pod} is ready on the image` };
      },
    },
  ];
  const result = await runSteps(dryRun ? look : [...look, ...act], tell);
  // What was written before the server refused the rest.
  const halfway = result.steps.find(({ name, changed }) => name === 'apply' && changed)?.changed;
  // Proven after a failure and an interruption as well: that is when people ask.
  const proof = await runSteps(
    before === null || dryRun
      ? []
      : [
          {
            name: 'collector after',
            async run() {
              const regardless = new Kubectl({ ...access, signal: new AbortController().signal });
              after = await lookAtCollector(regardless);
              const changes = collectorChanges(before as CollectorSnapshot, after);
              if (changes.length === 0) return { state: 'unchanged', detail: describe(after) };
              throw new ClusterError(
                'COLLECTOR_CHANGED',
                `expected the production collector as it was, seen ${changes.join('; ')}; this command never writes there: find out who did (kubectl -n orderbooks get events)`,
              );
            },
          },
        ],
    tell,
  );
  const seen = [before, after];
  const changes =
    before === null || after === null
      ? []
      : collectorChanges(before as CollectorSnapshot, after as CollectorSnapshot);
  return {
    version: 1,
    kind: 'ws_canary_deploy',
    gate_status: result.ok && proof.ok ? 'PASS' : 'FAIL',
    started_at: startedAt.toISOString(),
    finished_at: now().toISOString(),
    context: options.context ?? null,
    source_commit: (commit as Commit | null)?.sha ?? null,
    pushed_as: (commit as Commit | null)?.pushedAs ?? null,
    image: imageOf(image),
    objects: halfway ?? applied,
    missing_accounts: accounts,
    ownership,
    give_back: giveBack,
    recorder_pod: pod,
    collector: {
      before,
      after,
      unchanged: seen.includes(null) ? null : changes.length === 0,
      changes,
    },
    steps: [...result.steps, ...proof.steps],
    error: result.error ?? proof.error ?? null,
  };
}

function imageOf(image: { readonly repository: string; readonly digest: string } | null) {
  return image === null ? null : `${image.repository}@${image.digest}`;
}

async function digestOf(repository: string, tag: string, signal: AbortSignal): Promise<string> {
  const found = await findImage(repository, tag, { signal });
  if (found !== null) return found.digest;
  throw new ClusterError(
    'IMAGE_MISSING',
    `${repository}:${tag} is not in the registry; build it with npm run image, wait for its build, or name one with --image-digest`,
  );
}

/** Asks the server about exactly the scoped set. In a namespace that is not there yet it cannot: `default` stands in. */
async function serverDryRun(
  access: ConstructorParameters<typeof Kubectl>[0],
  set: readonly KubernetesObject[],
) {
  const kubectl = new Kubectl({ ...access, dryRun: true });
  const there = await kubectl.find('namespaces', CANARY_NAMESPACE, null, named);
  if (there !== null) return outcomeOf(await kubectl.apply(set, { force: true }), true);
  const moved = set.map((object) =>
    object.kind === 'Namespace'
      ? object
      : { ...object, metadata: { ...object.metadata, namespace: 'default' } },
  );
  const { state, detail } = outcomeOf(await kubectl.apply(moved, { force: true }), true);
  return {
    state,
    detail: `${detail} (namespace ${CANARY_NAMESPACE} is not there: asked for namespace default)`,
  };
}

function describe({ deployment, pods }: CollectorSnapshot): string {
  if (deployment === null) return 'no production collector';
  return `generation ${deployment.generation}, ${pods.length} pods, ${deployment.images.join(', ')}`;
}

function unreachable(step: string): ClusterError {
  return new ClusterError('STEP_ORDER', `step ${step} ran before the steps it needs`);
}
