import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitPlace, git, gitAnswer } from '../git.ts';
import { copyTree } from '../rehearse/bundle.ts';
import { applyPatches, type Fault } from '../rehearse/faults.ts';
import { applyChanges, type Change } from './changes.ts';
import { E2eError } from './error.ts';

/** Where releases are pushed to. */
export interface Forge {
  /** As this machine reaches it. */
  readonly pushUrl: string;
  /** Image repository, as this machine and the cluster reach it. */
  readonly imageRepository: string;
  /** Shell command that builds and pushes an image: see `DEFAULT_BUILD`. */
  readonly buildCommand: string;
  readonly workingTree: string;
  /** Temporary folder of the run. */
  readonly folder: string;
  readonly runId: string;
  readonly changes: readonly Change[];
  readonly signal: AbortSignal;
}

export interface Release {
  readonly version: number;
  readonly commit: string;
  readonly image: string;
  /** When main was pushed; milliseconds since the epoch. */
  readonly pushedAt: number;
  readonly buildMs: number;
}

/** Runs in a checkout of the commit; IMAGE is repository:commit and REVISION the commit. */
export const DEFAULT_BUILD =
  'docker build --build-arg REVISION="$REVISION" --tag "$IMAGE" . && docker push "$IMAGE"';

/** Trailer of every commit that a run makes on main: a repository whose main lacks it is somebody's. */
export const TRAILER = 'E2e-Run';
const AUTHOR = {
  GIT_AUTHOR_NAME: 'orderbooks e2e',
  GIT_AUTHOR_EMAIL: 'e2e@example.com',
  GIT_COMMITTER_NAME: 'orderbooks e2e',
  GIT_COMMITTER_EMAIL: 'e2e@example.com',
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
} as const;
const BRANCHES = ['stage/canary', 'stage/full', 'main'] as const;

/**
 * Commits the working tree with the changes for this cluster (and a fault's patches), builds and pushes its image, and
 * pushes main last: from then on the Warehouse may find both.
 */
export async function publishRelease(
  forge: Forge,
  version: number,
  fault: Fault | null,
): Promise<Release> {
  const folder = join(forge.folder, `version-${version}`);
  await mkdir(folder);
  const place = placeOf(forge, folder);
  await git(place, 'init', '--quiet', '--initial-branch=main');
  await git(place, 'remote', 'add', 'origin', forge.pushUrl);
  if ((await mainOf(forge)) !== null) {
    await git(place, 'fetch', '--quiet', '--depth=1', 'origin', 'main');
    await git(place, 'reset', '--quiet', '--soft', 'FETCH_HEAD');
  }
  await copyTree(forge.workingTree, folder, forge.folder);
  await applyChanges(folder, [...forge.changes, ...releaseMark(forge.runId, version)]);
  if (fault !== null) await applyPatches(folder, fault);
  const title = fault === null ? `Release ${version}` : `Release ${version} (${fault.name})`;
  const commit = await commitAll(place, title, forge.runId);
  const image = `${forge.imageRepository}:${commit}`;
  const begun = performance.now();
  await build(forge, { folder, image, commit, log: join(forge.folder, `build-${version}.log`) });
  const buildMs = performance.now() - begun;
  await git(place, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
  return { version, commit, image, pushedAt: Date.now(), buildMs };
}

/**
 * Pushes changes of what stands on main, without a release: Argo CD delivers them, and no Warehouse sees them unless
 * they touch what an image or an overlay is made of. Returns the commit and its checkout.
 */
export async function publishChange(
  forge: Pick<Forge, 'pushUrl' | 'folder' | 'signal' | 'runId'>,
  title: string,
  changes: readonly Change[],
): Promise<{ readonly commit: string; readonly folder: string }> {
  const folder = await mkdtemp(join(forge.folder, 'change-'));
  const place = placeOf(forge, folder);
  await git(place, 'clone', '--quiet', '--depth=1', '--branch=main', forge.pushUrl, '.');
  await applyChanges(folder, changes);
  const commit = await commitAll(place, title, forge.runId);
  await git(place, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
  return { commit, folder };
}

/** Commits the whole folder, what it would ignore too, as the run's own; the same tree again is a commit as well. */
async function commitAll(place: GitPlace, title: string, runId: string): Promise<string> {
  const message = `${title}\n\n${TRAILER}: ${runId}`;
  await git(place, 'add', '--all', '--force');
  await git(place, 'commit', '--quiet', '--allow-empty', '--message', message);
  return git(place, 'rev-parse', 'HEAD');
}

/** Last commit message of main, or null if the repository has no main. @throws GitError if it cannot be reached */
export async function mainOf(
  forge: Pick<Forge, 'pushUrl' | 'folder' | 'signal'>,
): Promise<string | null> {
  const place = placeOf(forge, forge.folder);
  const listed = await git(place, 'ls-remote', forge.pushUrl, 'refs/heads/main');
  if (listed === '') return null;
  const folder = join(forge.folder, 'look');
  await mkdir(folder, { recursive: true });
  const look = placeOf(forge, folder);
  await git(look, 'init', '--quiet');
  await git(look, 'fetch', '--quiet', '--depth=1', forge.pushUrl, 'main');
  return git(look, 'log', '-1', '--format=%B', 'FETCH_HEAD');
}

/** Removes the branches; those that the server keeps (a default branch, for example) are returned. */
export async function removeBranches(
  forge: Pick<Forge, 'pushUrl' | 'folder' | 'signal'>,
): Promise<readonly string[]> {
  // A push wants a repository to stand in, even if it only deletes.
  const folder = await mkdtemp(join(forge.folder, 'remove-'));
  const place = placeOf(forge, folder);
  await git(place, 'init', '--quiet');
  const kept: string[] = [];
  for (const branch of BRANCHES) {
    const listed = await git(place, 'ls-remote', forge.pushUrl, `refs/heads/${branch}`);
    if (listed === '') continue;
    const answer = await gitAnswer(
      place,
      'push',
      '--quiet',
      forge.pushUrl,
      `:refs/heads/${branch}`,
    );
    if (answer.code !== 0) kept.push(branch);
  }
  return kept;
}

/** Names the run too: main may hold the same tree from a run before, and a commit that changes nothing is no Freight. */
function releaseMark(runId: string, version: number): readonly Change[] {
  return ['canary', 'full'].map((overlay) => ({
    kind: 'value',
    file: `gitops/overlays/${overlay}/kustomization.yaml`,
    path: 'commonAnnotations.orderbooks-release',
    value: `${runId}-${version}`,
    why: 'so that two releases of one tree differ',
  }));
}

function placeOf(
  { folder: home, signal }: Pick<Forge, 'folder' | 'signal'>,
  folder: string,
): GitPlace {
  return { folder, home, ceiling: home, environment: AUTHOR, now: new Date(), signal };
}

async function build(
  { buildCommand, signal }: Forge,
  on: {
    readonly folder: string;
    readonly image: string;
    readonly commit: string;
    readonly log: string;
  },
): Promise<void> {
  const log = createWriteStream(on.log);
  const tail: string[] = [];
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('sh', ['-c', buildCommand], {
      cwd: on.folder,
      env: { ...process.env, IMAGE: on.image, REVISION: on.commit },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        log.write(piece);
        tail.push(piece.toString('utf8'));
        while (tail.length > 20) tail.shift();
      });
    }
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => log.end());
  if (code === 0) return;
  throw new E2eError(
    'IMAGE_NOT_BUILT',
    `the build command ended with code ${code} (--build "${buildCommand}"); its last words:\n${tail.join('').slice(-2000)}`,
  );
}
