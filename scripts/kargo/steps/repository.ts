import { randomInt } from 'node:crypto';
import { appendFile, mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { GitError, type GitPlace, git, gitAnswer } from '../../git.ts';
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
  const notes = { [KEY.folder]: folder, [KEY.home]: home, [KEY.url]: config.repoURL };
  await appendFile(join(folder, 'config'), section('kargo', notes));
  return { url: config.repoURL, place };
}

/** The checkout at `path` of an earlier git-clone of this promotion. */
export async function openCheckout(path: string, context: StepContext): Promise<Repository> {
  const folder = inside(context.workDir, path);
  return during(`error loading working tree from ${path}`, async () => {
    // Nothing is known of the checkout yet, so no home's configuration is read.
    const unknownHome = placeOf(context, folder, join(context.workDir, '.no-home'));
    const notes = await notesOf(unknownHome);
    const home = noteOf(notes, KEY.home);
    const url = noteOf(notes, KEY.url);
    if (home === undefined || url === undefined) {
      // Kargo asks for the folder first; git says why there is no answer.
      await during('error reading repo dir from config', () =>
        git(unknownHome, 'config', `kargo.${KEY.folder}`),
      );
      throw foreign('nowhere');
    }
    if (!isInside(await realpath(context.workDir), await realpath(home))) {
      throw foreign(home);
    }
    return { url, place: placeOf(context, folder, home) };
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

/** What git-clone notes in the section `kargo` of a clone's configuration. */
const KEY = { folder: 'repoDir', home: 'repoHomeDir', url: 'repoOriginalURL' } as const;

/** All notes of git-clone, asked for at once; nothing where git has none or cannot even run there. */
async function notesOf(place: GitPlace): Promise<string> {
  try {
    return (await gitAnswer(place, 'config', '--null', '--get-regexp', '^kargo\\.')).out;
  } catch (error) {
    if (error instanceof GitError) return '';
    throw error;
  }
}

/** A value out of `git config --null --get-regexp`, which writes keys in lower case. */
function noteOf(listing: string, key: string): string | undefined {
  const start = `kargo.${key.toLowerCase()}\n`;
  const entry = listing.split('\0').find((each) => each.startsWith(start));
  return entry?.slice(start.length);
}

function foreign(home: string): OrderbooksError {
  return new OrderbooksError(
    'CHECKOUT_FOREIGN',
    `the repository of this checkout has its home in ${home}, outside the promotion's work folder; only checkouts made by git-clone of the same promotion can be used`,
  );
}

/** Clean-ups in the background would outlive the step; files of a checkout are written by as many as there are cores. */
const HOME_CONFIGURATION = `[init]
\tdefaultBranch = main
[checkout]
\tworkers = 0
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
  const tls = config.insecureSkipTLSVerify === true ? section('http', { sslVerify: 'false' }) : '';
  await writeFile(
    join(place.home, '.gitconfig'),
    `${HOME_CONFIGURATION}${section('user', { name, email })}${tls}`,
  );
}

/** A section of git's configuration. Written by hand: one process of git per value took most of a step's time. */
function section(name: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => `\t${key} = ${configValue(value)}\n`);
  return `[${name}]\n${lines.join('')}`;
}

function configValue(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
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
