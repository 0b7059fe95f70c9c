import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterError } from '../cluster/failure.ts';
import { checkoutPlace, GitError, type GitPlace, git, gitAnswer } from '../git.ts';
import { findKustomize } from '../kustomize/program.ts';
import { type RenderedObject, renderOverlay } from '../kustomize/render.ts';
import { setImages } from '../kustomize/set-images.ts';

export interface Commit {
  readonly sha: string;
  /** A branch or tag of the remote that holds it, or null if none does. */
  readonly pushedAs: string | null;
  /** Tracked files that differ from HEAD. */
  readonly changed: readonly string[];
}

const OVERLAY = 'gitops/overlays/canary';

/**
 * What `ref` is, and whether everybody could get it: nothing is fetched and nothing is changed.
 *
 * @param mustAnswer false where a remote that does not answer means no more than that nobody knows
 */
export async function readCommit(
  root: string,
  ref: string,
  remote: string,
  signal: AbortSignal,
  mustAnswer: boolean,
): Promise<Commit> {
  const place = checkoutPlace(root, signal);
  const sha = await git(
    place,
    'rev-parse',
    '--verify',
    '--end-of-options',
    `${ref}^{commit}`,
  ).catch((cause: unknown) => {
    throw refusal(
      'COMMIT_UNKNOWN',
      `expected a commit of ${root}, got ${JSON.stringify(ref)}`,
      'git fetch brings what others pushed',
      cause,
    );
  });
  const status = await git(place, 'status', '--porcelain', '--untracked-files=no');
  return {
    sha,
    pushedAs: await pushedAs(place, sha, remote).catch((error: unknown) => {
      if (mustAnswer || !(error instanceof ClusterError)) throw error;
      return null;
    }),
    changed: status.split('\n').flatMap((line) => (line === '' ? [] : [line.trim()])),
  };
}

/** @throws ClusterError COMMIT_NOT_PUSHED, TREE_NOT_CLEAN */
export function requirePushedAndClean(
  { sha, pushedAs: name, changed }: Commit,
  remote: string,
): void {
  if (name === null) {
    throw refusal(
      'COMMIT_NOT_PUSHED',
      `commit ${sha.slice(0, 12)} is on no branch or tag of ${remote} that is known here`,
      'push it (and git fetch, if somebody pushed on top): what runs must be in the repository',
    );
  }
  if (changed.length > 0) {
    throw refusal(
      'TREE_NOT_CLEAN',
      `${changed.length} tracked files differ from HEAD (${changed.slice(0, 3).join(', ')})`,
      'commit and push them or put them away: what you look at must be what runs',
    );
  }
}

/** The canary's overlay as it is in `sha`, with the image of Kargo's form: name and digest. */
export async function renderCommit(
  root: string,
  sha: string,
  image: { readonly repository: string; readonly digest: string },
  signal: AbortSignal,
): Promise<readonly RenderedObject[]> {
  return inCheckout(root, sha, signal, async (folder) => {
    const file = join(folder, OVERLAY, 'kustomization.yaml');
    const { text } = setImages(await readFile(file, 'utf8'), [
      { name: 'orderbooks', newName: image.repository, digest: image.digest },
    ]);
    await writeFile(file, text);
    return renderOverlay(await findKustomize(), join(folder, OVERLAY), { home: folder, signal });
  });
}

/** Calls `act` with a folder that holds the commit and nothing else, and removes it. */
export async function inCheckout<T>(
  root: string,
  sha: string,
  signal: AbortSignal,
  act: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-commit-'));
  try {
    await git(
      checkoutPlace(root, signal),
      'clone',
      '--quiet',
      '--shared',
      '--no-checkout',
      root,
      folder,
    );
    await git(checkoutPlace(folder, signal), 'checkout', '--quiet', '--detach', sha);
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The remote is asked, not the memory of what it once had; it may have forgotten the commit since. */
async function pushedAs(place: GitPlace, sha: string, remote: string): Promise<string | null> {
  const listed = await git(place, 'ls-remote', '--heads', '--tags', '--', remote).catch(
    (cause: unknown) => {
      const said = cause instanceof GitError ? cause.output.trim() : String(cause);
      throw refusal(
        'REMOTE_UNREADABLE',
        `git remote ${remote} does not answer: ${said}`,
        'check it with git ls-remote, or name another with --remote',
        cause,
      );
    },
  );
  for (const line of listed.split('\n')) {
    const [tip, name] = line.split('\t');
    if (tip === undefined || name === undefined) continue;
    if (tip === sha) return name;
    const { code } = await gitAnswer(place, 'merge-base', '--is-ancestor', sha, tip);
    // 1: no ancestor; 128: a tip that was not fetched, of which nothing is known.
    if (code === 0) return name;
  }
  return null;
}

/** The person's own git: their remotes may need their keys and helpers. */
function refusal(code: string, seen: string, advice: string, cause?: unknown): ClusterError {
  return new ClusterError(code, `${seen}; ${advice}`, { cause });
}
