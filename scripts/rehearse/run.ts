import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../runtime/thrown.ts';
import { CALENDAR_NAME } from '../calendar/config-map.ts';
import { findKustomize } from '../kustomize/program.ts';
import { PROJECT } from '../settings/names.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';
import { validateBundle } from '../validate/validate.ts';
import { actsOf, type Ending } from './acts.ts';
import { gitEnvironment, openBundle } from './bundle.ts';
import { Cleanup } from './cleanup.ts';
import { LocalCluster } from './cluster/cluster.ts';
import { parseServiceAccountUser } from './cluster/identities.ts';
import { RehearsalError } from './error.ts';
import type { Fault } from './faults.ts';
import { startFeed } from './feed.ts';
import { gateClock, SwitchedClock } from './gate-clock.ts';
import { type Manifests, renderManifests } from './manifests.ts';
import { describeOverrides, PROBE_SCALE, podOverrides, RESTART_BACKOFF_MS } from './overrides.ts';
import type { Progress } from './progress.ts';
import { readRecording, settleAccounts } from './recordings.ts';
import { Rehearsal } from './rehearsal.ts';
import { openRemote, type RehearsalRemote } from './remote.ts';
import type { Account, RehearsalResult } from './result.ts';
import { ALL_SCENARIOS, DEFAULT_SCENARIO, type Scenario } from './scenarios.ts';
import { TICKET_OVERRIDE } from './ticket.ts';
import { Timeline } from './timeline.ts';

export interface RehearseOptions {
  /** Absolute path of the checkout that is rehearsed, as it is on disk. */
  readonly workingTree: string;
  readonly fault: Fault | null;
  /** Several defects, one after another on one set-up, instead of one. */
  readonly faults?: readonly Fault[];
  readonly until: 'canary' | 'full';
  /** What is tried; the ordinary promotion while the market is closed where absent. */
  readonly scenario?: Scenario;
  /** Several scenarios on one set-up instead of one. */
  readonly series?: readonly Scenario[];
  /** What time the promotion gates take it to be; absent: a time at which the market is as the scenario wants it. */
  readonly at?: Date;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Called, with everything still running, after the last act and before anything is ended. */
  readonly beforeEnd?: (addresses: readonly string[]) => Promise<void>;
}

/**
 * Rehearses the promotion of a release on this machine and returns what happened. Everything that was started is ended
 * and every folder removed before it returns or throws.
 *
 * @throws RehearsalError when it could not be carried out; the signal's reason when it is aborted
 */
export async function rehearse(options: RehearseOptions): Promise<RehearsalResult> {
  const { workingTree, fault, progress, signal, scenario = DEFAULT_SCENARIO } = options;
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
    const folder = await makeTemporaryFolder('orderbooks-rehearsal-');
    // Volumes are on a disk, as a cluster's are.
    const clusterFolder = await mkdtemp(join(tmpdir(), 'orderbooks-cluster-'));
    cleanup.add('temporary folders', async () => {
      const removal = { recursive: true, force: true, maxRetries: 3 };
      await Promise.all([folder, clusterFolder].map((each) => rm(each, removal)));
    });
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
      setTheStage(options, { folder, clusterFolder, manifests, cleanup, bundle }),
    );
    const { cluster, feed, remote } = setUp;
    const sessions = sessionsOf(manifests);
    const start = gateClock(sessions, { at: options.at ?? null, market: scenario.market });
    const clocks = { closed: start, open: start };
    if (options.series !== undefined) {
      clocks.open = gateClock(sessions, { at: null, market: 'open', notBefore: start.now() });
    }
    const clock = new SwitchedClock(start);
    const overrides = [
      ...describeOverrides(workingTree, feed, remote, cluster.overrides),
      ...new Set([start, clocks.open].flatMap(({ override }) => override ?? [])),
      TICKET_OVERRIDE,
    ];
    progress.note(
      clock.override === null
        ? `the market is ${clock.market} at the machine's own time`
        : `override: the gates' clock ${clock.override.rehearsal} (${clock.override.why})`,
    );
    progress.note(`${overrides.length} things differ from a cluster; the report lists each`);

    const rehearsal = new Rehearsal({
      workingTree,
      folder,
      bundle,
      gitEnvironment: gitEnvironment(bundle, manifests.repoURL),
      manifests,
      cluster,
      clock,
      progress,
      timeline,
      signal,
    });
    const ending = await actsOf(
      rehearsal,
      { ...options, scenario },
      { ...setUp, setMarket: (market) => clock.setTo(clocks[market]) },
      timed,
    );
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
    // Between several defects the canary is emptied: there is nothing left to settle.
    const accounts =
      options.faults === undefined ? settleAccounts(feed.ledger.connections, recordings) : [];
    for (const account of accounts) {
      progress.note(
        `${account.stage}: ${account.sent} frames sent, ${account.archived} archived byte for byte, ${account.inGaps} in explicit gaps, ${account.missing} missing`,
        account.missing === 0 ? 'good' : 'bad',
      );
    }
    return {
      schema: 'orderbooks.rehearsal.v1',
      ...withAccounts(ending, accounts),
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
      scenario:
        options.series === undefined
          ? { name: scenario.name, about: scenario.about, expected: scenario.expected }
          : { name: ALL_SCENARIOS, about: 'each of them, one after another', expected: 'PROMOTED' },
      fault: fault === null ? null : { name: fault.name, about: fault.about, check: fault.check },
      overrides,
      promotions: rehearsal.promotions,
      verifications: rehearsal.verifications,
      timeline: timeline.spans,
      recordings: recordings.map(({ connections: _, ...recording }) => recording),
      accounts,
      access: cluster
        .accessUses()
        .filter(({ user }) => parseServiceAccountUser(user) !== undefined),
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

export interface SetUp {
  readonly cluster: LocalCluster;
  readonly feed: Awaited<ReturnType<typeof startFeed>>;
  readonly remote: RehearsalRemote;
  readonly manifests: Manifests;
}

async function setTheStage(
  { progress, signal }: RehearseOptions,
  {
    folder,
    clusterFolder,
    manifests,
    cleanup,
    bundle,
  }: {
    folder: string;
    clusterFolder: string;
    manifests: Manifests;
    cleanup: Cleanup;
    bundle: Awaited<ReturnType<typeof openBundle>>;
  },
): Promise<SetUp> {
  const remote = await openRemote(folder);
  const feed = await startFeed((error) => progress.note(`simulator: ${messageOf(error)}`, 'bad'));
  cleanup.add('simulator', () => feed.stop());
  signal.throwIfAborted();
  const stages = new Map([...manifests.namespaces].map(([stage, namespace]) => [namespace, stage]));
  const cluster = await LocalCluster.start({
    folder: clusterFolder,
    gitEnvironment: gitEnvironment(bundle, manifests.repoURL),
    timing: { probeScale: PROBE_SCALE, restartBackoffMs: RESTART_BACKOFF_MS },
    overrides: (pod) =>
      podOverrides(pod, feed, remote, (namespace) => stages.get(namespace) ?? namespace),
  });
  cleanup.add('local cluster', () => cluster.stop());
  cluster.apply(
    ['argocd', PROJECT, ...stages.keys()].map((name) => ({
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

/** The calendar as the bundle delivers it; empty if it has none, and then the gate says so. */
function sessionsOf(manifests: Manifests): Readonly<Record<string, string>> {
  const found = manifests.kargo.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === CALENDAR_NAME,
  );
  return (found?.['data'] ?? {}) as Readonly<Record<string, string>>;
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

/** Gates judge what they can see in a cluster; here it is known what was sent, and a loss is no success. */
function withAccounts(ending: Ending, accounts: readonly Account[]): Ending {
  const wrong = accounts.filter(({ missing }) => missing > 0);
  if (ending.verdict !== 'PROMOTED' || wrong.length === 0) return ending;
  const words = wrong
    .map(({ stage, missing, sent }) => `${stage} ${missing} of ${sent}`)
    .join(', ');
  return {
    ...ending,
    verdict: 'FAILED',
    summary: `The gates passed version 2, but the archives do not hold exactly what was sent, outside every gap: ${words} frames are lost, doubled or changed.`,
  };
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
      `the folder for temporary files, ${tmpdir()}, or the memory for them is full (a rehearsal needs about 100 MB); free some space or set TMPDIR to another folder, which is then used for everything`,
      { cause: error },
    );
  }
  return error;
}
