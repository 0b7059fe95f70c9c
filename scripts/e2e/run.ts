import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterAccess, Kubectl } from '../cluster/kubectl.ts';
import { faultNamed } from '../rehearse/fault-catalogue.ts';
import type { Progress } from '../rehearse/progress.ts';
import { type Change, describeChange } from './changes.ts';
import { Delivery } from './delivery.ts';
import { E2eError } from './error.ts';
import { install, uninstall } from './installation.ts';
import { examine, requireAll } from './prerequisites.ts';
import { type Forge, removeBranches } from './release.ts';
import type { E2eResult } from './result.ts';
import { playScenarios } from './scenarios.ts';
import { Story } from './story.ts';

export interface E2eOptions {
  readonly access: ClusterAccess;
  readonly gitUrl: string;
  readonly gitPushUrl: string;
  readonly imageRepository: string;
  readonly buildCommand: string;
  readonly changes: readonly Change[];
  readonly fault: string;
  readonly rcloneConf: string;
  readonly workingTree: string;
  /** Where evidence, logs and result.json go. */
  readonly output: string;
  /** Leaves the bundle on the cluster. */
  readonly keep: boolean;
  /** Also compares real promotions with the rehearsal's engine; Kargo's UI as its expressions name it. */
  readonly scenarios: { readonly uiBaseUrl: string } | null;
  /** Who promotes to full, by impersonation; absent: the kubeconfig's own identity. */
  readonly person?: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The verifier's Job may take so long (activeDeadlineSeconds in kargo/analysistemplate-*.yaml); milliseconds. */
const FIELD_MANAGER = 'orderbooks-e2e';
const VERIFICATION_TIMEOUT_MS = 2_700_000;

/** The whole run. Whatever happened, what it made is removed unless it is to be kept. */
export async function runE2e(options: E2eOptions): Promise<E2eResult> {
  const { progress, signal } = options;
  const startedAt = Date.now();
  const fault = faultNamed(options.fault);
  if (fault.runsWrongImage === true) {
    throw new E2eError(
      'USAGE',
      `fault ${fault.name} needs a node that runs another image than it was given; only the rehearsal has one`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-e2e-'));
  const kubectl = new Kubectl({ ...options.access, signal, fieldManager: FIELD_MANAGER });
  const runId = new Date(startedAt)
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[-:]/g, '')
    .toLowerCase();
  const forge = forgeOf(options, folder, runId);
  let installed = false;
  const left: string[] = [];
  try {
    progress.act('What has to be there');
    const prerequisites = await examine(kubectl, forge);
    for (const { what, seen, advice } of prerequisites)
      progress.note(`${what}: ${seen}`, advice === undefined ? 'good' : 'bad');
    requireAll(prerequisites);
    await mkdir(options.output, { recursive: true });
    progress.note(`${forge.changes.length} things of the bundle differ on this cluster:`);
    for (const change of forge.changes) progress.note(describeChange(change));
    const delivery = new Delivery({
      kubectl,
      progress,
      signal,
      verificationTimeoutMs: VERIFICATION_TIMEOUT_MS,
    });
    const person = options.person === undefined ? {} : { person: options.person };
    const { scenarios, output, gitUrl: repoURL } = options;
    const story = new Story({
      forge,
      kubectl,
      delivery,
      output,
      fault,
      ...person,
      progress,
      install: async (checkout) => {
        installed = true;
        const { rcloneConf } = options;
        await install({ kubectl, checkout, home: folder, runId, rcloneConf, signal, progress });
      },
      ...(scenarios === null
        ? {}
        : {
            scenarios: (old, fresh) => {
              const { uiBaseUrl } = scenarios;
              const common = { kubectl, delivery, forge, repoURL, uiBaseUrl, output, progress };
              return playScenarios({ ...common, ...person, old, fresh });
            },
          }),
    });
    const ending = await story.tell();
    if (!options.keep) {
      progress.act('Cleaning up');
      left.push(...(await cleanUp(kubectl, forge, progress, signal)));
      installed = false;
    }
    const result: E2eResult = {
      schema: 'orderbooks.e2e.v1',
      runId,
      ...ending,
      startedAt: new Date(startedAt).toISOString(),
      seconds: Math.round((Date.now() - startedAt) / 100) / 10,
      prerequisites,
      changes: forge.changes.map(describeChange),
      fault: fault.name,
      left,
    };
    await writeFile(join(options.output, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
    return result;
  } finally {
    if (installed && !options.keep) {
      progress.act('Cleaning up after a run that did not come to its end');
      // Interrupted or not: what was made is removed.
      const regardless = { ...forge, signal: new AbortController().signal };
      await cleanUp(kubectl.regardless(), regardless, progress, regardless.signal).catch(
        (error: unknown) => progress.note(`not removed: ${String(error)}`, 'bad'),
      );
    }
    await rm(folder, { recursive: true, force: true });
    progress.end();
  }
}

/** Removes what an earlier run left on the cluster and in the repository. */
export async function cleanUpOnly(options: E2eOptions): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-e2e-'));
  try {
    const { progress, signal } = options;
    progress.act('Cleaning up');
    const forge = forgeOf(options, folder, 'clean-up');
    return await cleanUp(
      new Kubectl({ ...options.access, signal, fieldManager: FIELD_MANAGER }),
      forge,
      progress,
      signal,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
    options.progress.end();
  }
}

async function cleanUp(
  kubectl: Kubectl,
  forge: Forge,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { retained } = await uninstall({ kubectl, progress, signal });
  const branches = await removeBranches(forge);
  return [
    ...retained.map((name) => `PersistentVolume ${name}, which the cluster retains`),
    ...branches.map((name) => `branch ${name}, which the git server keeps`),
    `images of ${forge.imageRepository}, which the registry keeps`,
  ];
}

function forgeOf(options: E2eOptions, folder: string, runId: string): Forge {
  const setting = (key: string, value: string, why: string): Change => ({
    kind: 'setting',
    key,
    value,
    why,
  });
  return {
    pushUrl: options.gitPushUrl,
    imageRepository: options.imageRepository,
    buildCommand: options.buildCommand,
    workingTree: options.workingTree,
    folder,
    runId,
    changes: [
      setting('repoURL', options.gitUrl, '--git-url'),
      setting('imageRepository', options.imageRepository, '--registry'),
      setting('browseURL', options.gitUrl.replace(/\.git$/, ''), '--git-url'),
      ...options.changes,
    ],
    signal: options.signal,
  };
}
