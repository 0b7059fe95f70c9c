import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { git } from '../../git.ts';
import type { StepContext, StepRunner } from '../step.ts';
import { type Checkout, type GitCloneConfig, validateConfig } from './config.ts';
import { during, outcome, StepEnd } from './outcome.ts';
import { cloneBare, headOf, type Repository, refuseOption, remoteHasBranch } from './repository.ts';
import { inside } from './work-folder.ts';

const KIND = 'git-clone';

/**
 * Clones a repository and checks out branches, commits and tags of it at paths in the work folder. A branch that does
 * not exist is made and pushed at once, empty, if `create` says so (facts/observed.md 5).
 */
export const gitClone: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const settings = config as unknown as GitCloneConfig;
      refuseSameAlias(settings.checkout);
      const repository = await during(`error cloning ${settings.repoURL}`, () =>
        cloneBare(settings, context),
      );
      const commits: Record<string, string> = {};
      for (const checkout of settings.checkout) {
        const tree = await checkOut(checkout, repository, settings, context);
        commits[orElse(checkout.as, checkout.path)] = await headOf(tree);
      }
      return { status: 'Succeeded', output: { commits } };
    }),
};

async function checkOut(
  checkout: Checkout,
  repository: Repository,
  settings: GitCloneConfig,
  context: StepContext,
): Promise<Repository> {
  const branch = orElse(checkout.branch, '');
  const reference = orElse(branch, orElse(checkout.commit, orElse(checkout.tag, '')));
  refuseOption(reference, 'a branch, commit or tag');
  if (branch !== '') {
    await during(`error ensuring existence of remote branch ${branch}`, () =>
      ensureBranch(branch, checkout.create === true, repository),
    );
  }
  const folder = inside(context.workDir, checkout.path);
  const doing = `error adding work tree ${checkout.path} to repo ${settings.repoURL}`;
  return during(doing, async () => {
    await refuseUsedFolder(folder, repository);
    await during(`error adding working tree at "${folder}"`, () =>
      git(repository.place, 'worktree', 'add', folder, reference),
    );
    const tree = { ...repository, place: { ...repository.place, folder } };
    if (checkout.sparse !== undefined) await limitTo(checkout.sparse, tree);
    if (settings.recurseSubmodules === true) {
      await git(tree.place, 'submodule', 'update', '--init', '--recursive');
    }
    return tree;
  });
}

/** `git worktree add --orphan` needs git 2.42; an empty root commit made by hand needs no newer git than we have. */
async function ensureBranch(branch: string, create: boolean, bare: Repository): Promise<void> {
  if (await remoteHasBranch(bare, branch)) return;
  if (!create) {
    throw new OrderbooksError(
      'REMOTE_BRANCH_MISSING',
      `remote branch "${branch}" of repo ${bare.url} does not exist; set create=true if you'd like a non-existent remote branch to be automatically created at checkout`,
    );
  }
  const emptyTree = await git(bare.place, 'mktree');
  const commit = await git(bare.place, 'commit-tree', emptyTree, '-m', 'Initial commit');
  const where = `new branch "${branch}" to repo ${bare.url}`;
  await during(`error pushing initial commit to ${where}`, () =>
    git(bare.place, 'push', 'origin', `${commit}:refs/heads/${branch}`),
  );
  await git(bare.place, 'update-ref', `refs/heads/${branch}`, commit);
}

async function refuseUsedFolder(folder: string, bare: Repository): Promise<void> {
  // Without a checkout there is nothing to list.
  if (!existsSync(join(bare.place.folder, 'worktrees'))) return;
  const listing = await git(bare.place, 'worktree', 'list', '--porcelain');
  const used = listing.split('\n').filter((line) => line.startsWith('worktree '));
  for (const line of used.slice(1)) {
    const path = line.slice('worktree '.length);
    if (path !== folder && path !== (await resolved(folder))) continue;
    throw new OrderbooksError('CHECKOUT_EXISTS', `working tree already exists at "${folder}"`);
  }
}

async function resolved(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    // What does not exist yet cannot be a checkout under another name.
    return folder;
  }
}

async function limitTo(folders: readonly string[], tree: Repository): Promise<void> {
  for (const folder of folders) {
    refuseOption(folder, 'a sparse checkout folder');
    const fault = sparseFault(folder);
    if (fault !== null) {
      throw new OrderbooksError('SPARSE_FOLDER', `sparse checkout pattern ${fault}: ${folder}`);
    }
  }
  await git(tree.place, 'sparse-checkout', 'init', '--cone');
  await git(tree.place, 'sparse-checkout', 'set', ...folders);
}

function sparseFault(folder: string): string | null {
  if (folder.startsWith('/')) return 'must be relative';
  if (folder.startsWith('..')) return 'cannot escape repository';
  return /[*?[]/.test(folder) ? 'cannot contain glob characters (*, ?, [)' : null;
}

function refuseSameAlias(checkouts: readonly Checkout[]): void {
  const seen = new Set<string>();
  for (const [index, { as }] of checkouts.entries()) {
    if (as === undefined || as === '') continue;
    if (seen.has(as)) {
      const message = `duplicate checkout alias ${JSON.stringify(as)} at checkout[${index}]`;
      throw new StepEnd({ status: 'Failed', terminal: true, message });
    }
    seen.add(as);
  }
}

function orElse(text: string | undefined, otherwise: string): string {
  return text === undefined || text === '' ? otherwise : text;
}
