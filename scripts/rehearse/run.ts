import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { findKustomize } from '../kustomize/program.ts';
import { validateBundle } from '../validate/validate.ts';
import { gitEnvironment, openBundle } from './bundle.ts';
import { Cleanup } from './cleanup.ts';
import { LocalCluster } from './cluster/cluster.ts';
import { RehearsalError } from './error.ts';
import type { Fault } from './faults.ts';
import { startFeed } from './feed.ts';
import { type Manifests, renderManifests } from './manifests.ts';
import { describeOverrides, PROBE_SCALE, podOverrides, RESTART_BACKOFF_MS } from './overrides.ts';
import type { Progress } from './progress.ts';
import { readRecording, settleAccounts } from './recordings.ts';
import { Rehearsal } from './rehearsal.ts';
import { openRemote, type RehearsalRemote } from './remote.ts';
import type { RehearsalResult, Verdict } from './result.ts';
import { Timeline } from './timeline.ts';

export interface RehearseOptions {
  /** Absolute path of the checkout that is rehearsed, as it is on disk. */
  readonly workingTree: string;
  readonly fault: Fault | null;
  readonly until: 'canary' | 'full';
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Called, with everything still running, after the last act and before anything is ended. */
  readonly beforeEnd?: (addresses: readonly string[]) => Promise<void>;
}

interface Ending {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly refusedPromotion: RehearsalResult['refusedPromotion'];
}

/**
 * Rehearses the promotion of a release on this machine and returns what happened. Everything that was started is ended
 * and every folder removed before it returns or throws.
 *
 * @throws RehearsalError when it could not be carried out; the signal's reason when it is aborted
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const { workingTree, fault, progress, signal } = options;
  const startedAt = Date.now();
  const timeline = new Timeline(startedAt);
  const durations: { what: string; milliseconds: number }[] = [];
  const cleanup = new Cleanup();
  const timed = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    const from = Date.now();
    try {
      return await act();
    } finally {
      durations.push({ what, milliseconds: Date.now() - from });
    }
  };
  try {
    progress.act('The bundle');
    const folder = await mkdtemp(join(tmpdir(), 'orderbooks-rehearsal-'));
    cleanup.add('temporary folder', () =>
      rm(folder, { recursive: true, force: true, maxRetries: 3 }),
    );
    const program = await findKustomize();
    const bundle = await openBundle(workingTree, folder);
    progress.note(
      bundle.uncommitted.length === 0
        ? `working tree at ${bundle.head.slice(0, 12)}, clean`
        : `working tree at ${bundle.head.slice(0, 12)} with ${bundle.uncommitted.length} uncommitted files: rehearsed as they are on disk`,
    );
    await timed('validation', () => requireValid(workingTree, progress, signal));
    const manifests = await timed('rendering', () =>
      renderManifests(workingTree, program, { home: folder, signal }),
    );
    progress.note(
      `kargo/, argocd/ and both overlays render (${program.name} ${program.version})`,
      'good',
    );

    progress.act('A small cluster and a small Polymarket on this machine');
    const setUp = await timed('set-up', () =>
      setTheStage(options, { folder, manifests, cleanup, bundle }),
    );
    const { cluster, feed, remote } = setUp;
    const overrides = describeOverrides(workingTree, feed, remote, cluster.overrides);
    progress.note(`${overrides.length} things differ from a cluster; the report lists each`);

    const rehearsal = new Rehearsal({
      workingTree,
      folder,
      bundle,
      gitEnvironment: gitEnvironment(bundle, manifests.repoURL),
      manifests,
      program,
      cluster,
      feed,
      fault,
      progress,
      timeline,
      signal,
    });
    const ending = await actsOf(rehearsal, options, setUp, timed);
    progress.act('The end');
    if (options.beforeEnd !== undefined) await options.beforeEnd(addressesOf(setUp));
    progress.current('ending every process');
    await timed('ending', () => cluster.stop());
    await feed.stop();
    progress.current('settling what was sent with what was archived');
    const endedAt = Date.now();
    const recordings = await Promise.all(
      [...manifests.namespaces].map(([stage, namespace]) =>
        readRecording(stage, cluster.claimFolder(namespace, 'orderbooks-data'), startedAt, endedAt),
      ),
    );
    const accounts = settleAccounts(feed.ledger.connections, recordings);
    for (const account of accounts) {
      progress.note(
        `${account.stage}: ${account.sent} frames sent, ${account.archived} archived byte for byte, ${account.inGaps} in explicit gaps, ${account.missing} missing`,
        account.missing === 0 ? 'good' : 'bad',
      );
    }
    return {
      schema: 'orderbooks.rehearsal.v1',
      ...ending,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: endedAt - startedAt,
      durations,
      machine: {
        cores: cpus().length,
        memoryGiB: Math.round(totalmem() / 2 ** 30),
        node: process.versions.node,
      },
      programs: [
        { name: program.name, version: program.version },
        { name: 'remote:', version: remote.description },
      ],
      bundle: {
        head: bundle.head,
        uncommitted: bundle.uncommitted,
        versions: rehearsal.versions.map(({ version, commit, imageDigest, change }) => ({
          version,
          commit,
          imageDigest,
          change,
        })),
      },
      fault: fault === null ? null : { name: fault.name, about: fault.about, check: fault.check },
      overrides,
      promotions: rehearsal.promotions,
      verifications: rehearsal.verifications,
      timeline: timeline.spans,
      recordings: recordings.map(({ connections: _, ...recording }) => recording),
      accounts,
    };
  } catch (error) {
    throw explained(error);
  } finally {
    for (const failure of await cleanup.run())
      progress.note(`could not be ended: ${failure}`, 'bad');
    progress.end();
  }
}

/** Nothing is started on manifests that a validator refuses: each finding says where, what and how to put it right. */
async function requireValid(root: string, progress: Progress, signal: AbortSignal): Promise<void> {
  progress.current('validating every manifest');
  const report = await validateBundle(root, { signal });
  const errors = report.findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    const lines = errors.map(
      ({ file, line, column, rule, message, fix }) =>
        `\n  ${file}:${line}:${column}: ${rule}: ${message}\n    ${fix}`,
    );
    throw new RehearsalError(
      'MANIFESTS_INVALID',
      `the manifests have ${errors.length === 1 ? 'a fault' : `${errors.length} faults`} (npm run validate shows the same):${lines.join('')}`,
    );
  }
  const { files, expressions, renders } = report.checked;
  progress.note(
    `${files} files, ${expressions} expressions and ${renders} renders are valid`,
    'good',
  );
}

interface SetUp {
  readonly cluster: LocalCluster;
  readonly feed: Awaited<ReturnType<typeof startFeed>>;
  readonly remote: RehearsalRemote;
  readonly manifests: Manifests;
}

async function setTheStage(
  { progress, signal }: RehearseOptions,
  {
    folder,
    manifests,
    cleanup,
    bundle,
  }: {
    folder: string;
    manifests: Manifests;
    cleanup: Cleanup;
    bundle: Awaited<ReturnType<typeof openBundle>>;
  },
): Promise<SetUp> {
  const remote = await openRemote(folder);
  const feed = await startFeed((error) =>
    progress.note(`simulator: ${error instanceof Error ? error.message : String(error)}`, 'bad'),
  );
  cleanup.add('simulator', () => feed.stop());
  signal.throwIfAborted();
  const stages = new Map([...manifests.namespaces].map(([stage, namespace]) => [namespace, stage]));
  const cluster = await LocalCluster.start({
    folder: join(folder, 'cluster'),
    gitEnvironment: gitEnvironment(bundle, manifests.repoURL),
    timing: { probeScale: PROBE_SCALE, restartBackoffMs: RESTART_BACKOFF_MS },
    overrides: (pod) =>
      podOverrides(pod, feed, remote, (namespace) => stages.get(namespace) ?? namespace),
  });
  cleanup.add('local cluster', () => cluster.stop());
  cluster.apply(
    ['argocd', PROJECT_NAMESPACE, ...stages.keys()].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
  );
  cluster.apply([...manifests.argocd, ...manifests.kargo]);
  cluster.apply([...stages.keys()].map((namespace) => remote.secret(namespace)));
  progress.note(
    `simulator at ${feed.urls.websocketUrl}, Kubernetes API at ${cluster.address}, uploads to ${remote.description}`,
    'good',
  );
  return { cluster, feed, remote, manifests };
}

const PROJECT_NAMESPACE = 'orderbooks-delivery';

/** Both releases through the stages; how it ended. */
async function actsOf(
  rehearsal: Rehearsal,
  { fault, until, progress }: RehearseOptions,
  { cluster, manifests }: SetUp,
  timed: <T>(what: string, act: () => Promise<T>) => Promise<T>,
): Promise<Ending> {
  progress.act('Version 1 runs in both stages');
  await timed('version 1', async () => rehearsal.establish(await rehearsal.release(1)));

  progress.act(
    fault === null
      ? 'Version 2 reaches the canary'
      : `Version 2, with the defect ${fault.name}, reaches the canary`,
  );
  const freight = await timed('version 2 to canary', async () => {
    const found = await rehearsal.release(2);
    await rehearsal.toCanary();
    return found;
  });
  const canary = await timed('canary verification', () => rehearsal.verify('canary'));
  if (canary.phase !== 'Successful') {
    progress.act('Somebody tries to promote version 2 to full');
    const before = fingerprint(cluster, manifests);
    const refused = await rehearsal.toFull(freight);
    const fullUntouched = fingerprint(cluster, manifests) === before;
    if (!refused.refused) {
      return {
        verdict: 'ESCAPED',
        summary: 'The canary was refused and full was promoted all the same.',
        refusedPromotion: null,
      };
    }
    progress.note(`refused: ${refused.message}`, 'good');
    const failed =
      canary.evidence?.checks.filter((check) => check.status === 'fail').map((check) => check.id) ??
      [];
    return {
      ...refusal(fault, failed, canary.evidence?.reason ?? canary.message),
      refusedPromotion: { message: refused.message, fullUntouched },
    };
  }
  if (fault !== null) {
    return {
      verdict: 'ESCAPED',
      summary: `The gates passed a release with the defect ${fault.name}: check ${fault.check} did not see it.`,
      refusedPromotion: null,
    };
  }
  if (until === 'canary') {
    return {
      verdict: 'PROMOTED',
      summary: 'Version 2 runs in the canary and its gates passed.',
      refusedPromotion: null,
    };
  }
  progress.act('A person promotes version 2 to full');
  await timed('version 2 to full', () => rehearsal.toFull(freight).then(requireAdmitted));
  const full = await timed('full verification', () => rehearsal.verify('full'));
  return full.phase === 'Successful'
    ? {
        verdict: 'PROMOTED',
        summary: 'Version 2 was judged in the canary, promoted to full, and judged there.',
        refusedPromotion: null,
      }
    : {
        verdict: 'FAILED',
        summary: `Version 2 passed the canary and failed in full: ${full.evidence?.reason ?? full.message}`,
        refusedPromotion: null,
      };
}

function requireAdmitted(promotion: {
  readonly refused: boolean;
  readonly message?: string;
}): void {
  if (promotion.refused)
    throw new RehearsalError('PROMOTION_REFUSED', promotion.message ?? 'refused');
}

function refusal(
  fault: Fault | null,
  failed: readonly string[],
  reason: string,
): Pick<Ending, 'verdict' | 'summary'> {
  if (fault === null)
    return { verdict: 'REFUSED', summary: `The canary's gates refused version 2: ${reason}` };
  if (failed.includes(fault.check)) {
    return {
      verdict: 'REFUSED',
      summary: `The canary's gates refused the defect ${fault.name} by the check meant for it, ${fault.check}.`,
    };
  }
  return {
    verdict: 'ESCAPED',
    summary: `The canary's gates refused the defect ${fault.name}, but not by ${fault.check}: ${failed.join(', ') || reason}.`,
  };
}

/** What full runs: its pods and the commit of its rendered branch. */
function fingerprint(cluster: LocalCluster, manifests: Manifests): string {
  const pods = cluster
    .list('v1', 'Pod', manifests.namespaces.get('full') ?? '')
    .map(({ metadata, status }) => [
      metadata['uid'],
      (status as { containerStatuses?: { imageID?: string; restartCount?: number }[] })
        ?.containerStatuses?.[0],
    ]);
  const application = cluster.get(
    'argoproj.io/v1alpha1',
    'Application',
    'argocd',
    'orderbooks-full',
  );
  const sync = (application?.['status'] as { sync?: { revision?: string } } | undefined)?.sync
    ?.revision;
  return JSON.stringify([pods, sync]);
}

function addressesOf({ cluster, feed }: SetUp): readonly string[] {
  const { gammaUrl, clobUrl, websocketUrl } = feed.urls;
  return [
    `Kubernetes API   ${cluster.address}`,
    `Gamma            ${gammaUrl}`,
    `CLOB             ${clobUrl}`,
    `market websocket ${websocketUrl}`,
    `simulator control ${feed.controlUrl}`,
    `folder           ${cluster.folder}`,
  ];
}

/** A full disk shows up in the middle of anything, also in git's words; say what it is and where. */
function explained(error: unknown): unknown {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const full =
      code === 'ENOSPC' || code === 'EDQUOT' || /No space left on device/.test(cause.message);
    if (!full) continue;
    return new RehearsalError(
      'DISK_FULL',
      `the folder for temporary files, ${tmpdir()}, is full (a rehearsal needs about 100 MB); free some space or set TMPDIR to another folder`,
      { cause: error },
    );
  }
  return error;
}
