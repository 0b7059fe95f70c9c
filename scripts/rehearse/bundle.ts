import { copyFile, cp, lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { type GitPlace, git } from '../git.ts';
import { RehearsalError } from './error.ts';
import { applyPatches, type Fault } from './faults.ts';

/** One release of the bundle: a commit on main and the tree it holds. */
export interface BundleVersion {
  readonly version: 1 | 2;
  readonly commit: string;
  /** What differs from the version before, for people. */
  readonly change: string;
  /** Absolute path of a checkout of that commit. */
  readonly folder: string;
}

export interface Bundle {
  /** Absolute path of the bare repository that plays the forge. */
  readonly repository: string;
  /** Commit that the working tree is based on. */
  readonly head: string;
  /** Paths whose content on disk differs from that commit. They are rehearsed as they are on disk. */
  readonly uncommitted: readonly string[];
}

const OVERLAYS = ['gitops/overlays/canary', 'gitops/overlays/full'] as const;
const SAFE = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
} as const;
/** Fixed, so that a rehearsal of the same tree has the same commits. */
const COMMIT_DATES = { 1: '2026-01-01T00:00:00Z', 2: '2026-01-02T00:00:00Z' } as const;
const AUTHOR = {
  GIT_AUTHOR_NAME: 'Rehearsal',
  GIT_AUTHOR_EMAIL: 'rehearsal@example.com',
  GIT_COMMITTER_NAME: 'Rehearsal',
  GIT_COMMITTER_EMAIL: 'rehearsal@example.com',
} as const;

/** Makes an empty bare repository and says what of `workingTree` is not committed. */
export async function openBundle(workingTree: string, folder: string): Promise<Bundle> {
  const repository = join(folder, 'forge.git');
  const head = await headOf(workingTree, folder);
  const status = await git(
    reading(workingTree, folder),
    'status',
    '--porcelain',
    '--no-renames',
    '-z',
  );
  await git(
    writing(folder, folder),
    'init',
    '--quiet',
    '--bare',
    '--initial-branch=main',
    repository,
  );
  return {
    repository,
    head,
    // Porcelain lines are `XY path`; the outermost blanks were trimmed away.
    uncommitted: status
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => line.replace(/^ ?[^ ]{1,2} +/, '')),
  };
}

/**
 * Pushes one release of the bundle to main: the working tree as it is on disk, with a release annotation in both
 * overlays, and for a rehearsed fault with the defect in its code.
 */
export async function pushVersion(
  bundle: Bundle,
  version: 1 | 2,
  from: { readonly workingTree: string; readonly folder: string; readonly fault: Fault | null },
): Promise<BundleVersion> {
  const folder = join(
    from.folder,
    from.fault === null ? `version-${version}` : `version-${version}-${from.fault.name}`,
  );
  await mkdir(folder);
  const place = { ...writing(folder, from.folder), now: new Date(COMMIT_DATES[version]) };
  await git(place, 'init', '--quiet', '--initial-branch=main');
  await git(place, 'remote', 'add', 'origin', bundle.repository);
  if (version === 2) {
    await git(place, 'fetch', '--quiet', 'origin', 'main');
    await git(place, 'reset', '--quiet', '--soft', 'FETCH_HEAD');
  }
  await copyTree(from.workingTree, folder, from.folder);
  for (const overlay of OVERLAYS)
    await annotate(join(folder, overlay, 'kustomization.yaml'), version);
  if (from.fault !== null) await applyPatches(folder, from.fault);
  const change =
    from.fault === null
      ? `release annotation ${version} in both overlays`
      : `release annotation ${version} and the defect ${from.fault.name}`;
  await git(place, 'add', '--all', '--force');
  await git(place, 'commit', '--quiet', '--message', `Release ${version}: ${change}`);
  await git(place, 'push', '--quiet', 'origin', 'HEAD:main');
  return { version, commit: await git(place, 'rev-parse', 'HEAD'), change, folder };
}

/** Environment that makes git find the bundle's repository behind the URL that the manifests name. */
export function gitEnvironment(bundle: Bundle, repoURL: string): Readonly<Record<string, string>> {
  return {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: `url.file://${bundle.repository}.insteadOf`,
    GIT_CONFIG_VALUE_0: repoURL,
    // The forge and the work folders may belong to different users in containers.
    GIT_CONFIG_KEY_1: 'safe.directory',
    GIT_CONFIG_VALUE_1: '*',
  };
}

async function headOf(workingTree: string, folder: string): Promise<string> {
  try {
    return await git(reading(workingTree, folder), 'rev-parse', '--verify', 'HEAD');
  } catch (cause) {
    throw new RehearsalError(
      'NOT_A_CHECKOUT',
      `expected ${workingTree} to be a git checkout with at least one commit, because a rehearsal starts with a git push; clone the repository instead of unpacking an archive of it`,
      { cause },
    );
  }
}

/** Copies what git would track: committed, changed and new files, without what is ignored. */
export async function copyTree(workingTree: string, folder: string, home: string): Promise<void> {
  const place = reading(workingTree, home);
  const listed = await git(
    place,
    'ls-files',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
    '-z',
  );
  const deleted = new Set((await git(place, 'ls-files', '--deleted', '-z')).split('\0'));
  const made = new Set<string>();
  for (const path of listed.split('\0')) {
    if (path === '' || deleted.has(path)) continue;
    const [from, to] = [join(workingTree, path), join(folder, path)];
    if (!made.has(dirname(to))) await mkdir(dirname(to), { recursive: true });
    made.add(dirname(to));
    // Nearly all are plain files, which cp() copies at three times the cost.
    if ((await lstat(from)).isFile()) await copyFile(from, to);
    else await cp(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** The user's checkout: its own repository may lie above the folder, and it may belong to somebody else. */
function reading(workingTree: string, home: string): GitPlace {
  return { folder: workingTree, home, ceiling: '/', environment: SAFE, now: new Date(0) };
}

function writing(folder: string, home: string): GitPlace {
  return { folder, home, ceiling: home, environment: { ...AUTHOR, ...SAFE }, now: new Date(0) };
}

async function annotate(kustomization: string, version: 1 | 2): Promise<void> {
  const document = parseDocument(await readFile(kustomization, 'utf8'));
  if (document.errors[0] !== undefined) return; // Not ours to report: rendering it says what is wrong, and where.
  document.setIn(['commonAnnotations', 'orderbooks.example.com/release'], String(version));
  await writeFile(kustomization, document.toString());
}
