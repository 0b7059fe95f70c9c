import { randomInt } from 'node:crypto';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { type GitPlace, git, gitAnswer } from '../../git.ts';
import type { StepContext } from '../step.ts';
import type { Author, GitCloneConfig } from './config.ts';
import { during } from './outcome.ts';
import { inside, isInside } from './work-folder.ts';

/** A bare clone or a checkout of one. */
export interface Repository {
  readonly url: string;
  readonly place: GitPlace;
}

/** Who commits where no step says otherwise, as Kargo's own default (facts/observed.md 27). */
const KARGO: Author = { name: 'Kargo', email: 'no-reply@kargo.io' };

/**
 * Clones a repository without files into a folder of its own in the work folder; checkouts are added to it.
 * Its home holds all configuration that git sees.
 */
export async function cloneBare(config: GitCloneConfig, context: StepContext): Promise<Repository> {
  const home = await newHome(context.workDir);
  const folder = join(home, 'repo');
  const atHome: GitPlace = placeOf(context, home, home);
  await configure(atHome, config);
  refuseOption(config.repoURL, 'repository URL');
  const filter = config.blobless === true ? ['--filter', 'blob:none'] : [];
  await during(`error cloning repo "${config.repoURL}" into "${folder}"`, () =>
    git(atHome, 'clone', '--bare', ...filter, config.repoURL, folder),
  );
  const place = placeOf(context, folder, home);
  await git(place, 'config', KEY.folder, folder);
  await git(place, 'config', KEY.home, home);
  await git(place, 'config', KEY.url, config.repoURL);
  return { url: config.repoURL, place };
}

/** The checkout at `path` of an earlier git-clone of this promotion. */
export async function openCheckout(path: string, context: StepContext): Promise<Repository> {
  const folder = inside(context.workDir, path);
  return during(`error loading working tree from ${path}`, async () => {
    // Nothing is known of the checkout yet, so no home's configuration is read.
    const unknownHome = placeOf(context, folder, join(context.workDir, '.no-home'));
    await during('error reading repo dir from config', () =>
      git(unknownHome, 'config', KEY.folder),
    );
    const home = await git(unknownHome, 'config', KEY.home);
    if (!isInside(await realpath(context.workDir), await realpath(home))) {
      throw new OrderbooksError(
        'CHECKOUT_FOREIGN',
        `the repository of this checkout has its home in ${home}, outside the promotion's work folder; only checkouts made by git-clone of the same promotion can be used`,
      );
    }
    const place = placeOf(context, folder, home);
    return { url: await git(place, 'config', KEY.url), place };
  });
}

/** Whether the remote has the branch, now. */
export async function remoteHasBranch(repository: Repository, branch: string): Promise<boolean> {
  const words = ['ls-remote', '--heads', '--exit-code', repository.url, `refs/heads/${branch}`];
  const answer = await gitAnswer(repository.place, ...words);
  if (answer.code === NOTHING_FOUND) return false;
  if (answer.code !== 0) {
    await during(
      `error checking for existence of branch "${branch}" in remote repo "${repository.url}"`,
      () => git(repository.place, ...words),
    );
  }
  return true;
}

export async function headOf(repository: Repository): Promise<string> {
  return git(repository.place, 'rev-parse', 'HEAD');
}

/** A name that git would take for an option is refused: it could make git run anything. */
export function refuseOption(name: string, what: string): void {
  if (!name.startsWith('-')) return;
  throw new OrderbooksError('GIT_NAME_IS_OPTION', `${what} must not start with "-": ${name}`);
}

/** What ends a step whose commits would have to be signed. */
export function refuseSigning(author: Author | undefined): void {
  if (author?.signingKey === undefined || author.signingKey === '') return;
  throw new OrderbooksError(
    'GIT_SIGNING_UNSUPPORTED',
    'author.signingKey is set, but commits made here are not signed; remove it to rehearse, or promote on a cluster',
  );
}

/** `git ls-remote --exit-code` where no reference matches. */
const NOTHING_FOUND = 2;

const KEY = {
  folder: 'kargo.repoDir',
  home: 'kargo.repoHomeDir',
  url: 'kargo.repoOriginalURL',
} as const;

/** Clean-ups in the background would outlive the step. */
const HOME_CONFIGURATION = `[init]
\tdefaultBranch = main
[gc]
\tauto = 0
[maintenance]
\tauto = false
`;

function placeOf(context: StepContext, folder: string, home: string): GitPlace {
  return {
    folder,
    home,
    ceiling: context.workDir,
    environment: context.world.gitEnvironment,
    now: context.world.now(),
    signal: context.signal,
  };
}

async function configure(place: GitPlace, config: GitCloneConfig): Promise<void> {
  refuseSigning(config.author);
  const { name, email } = config.author ?? KARGO;
  await writeFile(join(place.home, '.gitconfig'), HOME_CONFIGURATION);
  await git(place, 'config', '--global', 'user.name', name);
  await git(place, 'config', '--global', 'user.email', email);
  if (config.insecureSkipTLSVerify === true) {
    await git(place, 'config', '--global', 'http.sslVerify', 'false');
  }
}

/** A folder `repo-<number>` of its own, as Kargo names them. */
async function newHome(workFolder: string): Promise<string> {
  for (;;) {
    const home = join(workFolder, `repo-${randomInt(1, 2 ** 32)}`);
    try {
      await mkdir(home);
      return home;
    } catch (error) {
      // Somebody has this number; the next one is as good.
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}
