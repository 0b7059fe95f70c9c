import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitPlace, git } from '../git.ts';
import { makeTemporaryFolder } from '../temporary-folder.ts';

/**
 * A repository in a temporary folder that stands in for the real one: it borrows the checkout's objects and holds copies
 * of the branches that a promotion reads and writes. Everything a preview pushes goes here and is deleted with it.
 */
export interface Scratch {
  /** Absolute path of the temporary folder; `work` below it is for promotions. */
  readonly folder: string;
  readonly repository: string;
  readonly place: GitPlace;
  /**
   * For the git of promotion steps: the repository's URL leads here, and no transport but local files is allowed, so that
   * whatever a manifest says nothing reaches another repository.
   */
  gitEnvironment(repoURL: string): Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** The checkout's own git, which is only read. */
export function readingPlace(root: string): GitPlace {
  return {
    folder: root,
    home: '/nonexistent',
    ceiling: '/',
    environment: {
      ...SAFE_DIRECTORY,
      // Reading commands write an index or fetch missing objects otherwise.
      GIT_OPTIONAL_LOCKS: '0',
      GIT_NO_LAZY_FETCH: '1',
      ...NO_NETWORK,
    },
    now: new Date(0),
  };
}

/** @param branches names with the commit each begins at; one without a commit does not exist yet */
export async function makeScratch(
  root: string,
  branches: Readonly<Record<string, string | null>>,
): Promise<Scratch> {
  const folder = await makeTemporaryFolder('orderbooks-preview-');
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const repository = join(folder, 'scratch.git');
    const home = join(folder, 'home');
    await mkdir(home);
    const place: GitPlace = {
      folder,
      home,
      ceiling: folder,
      environment: { ...SAFE_DIRECTORY, ...NO_NETWORK },
      now: new Date(0),
    };
    const objects = await git(
      readingPlace(root),
      'rev-parse',
      '--path-format=absolute',
      '--git-path',
      'objects',
    );
    await git(place, 'init', '--quiet', '--bare', '--initial-branch=main', repository);
    await mkdir(join(repository, 'objects', 'info'), { recursive: true });
    await writeFile(join(repository, 'objects', 'info', 'alternates'), `${objects}\n`);
    const inside = { ...place, folder: repository };
    for (const [branch, commit] of Object.entries(branches)) {
      if (commit !== null) await git(inside, 'update-ref', `refs/heads/${branch}`, commit);
    }
    return {
      folder,
      repository,
      place: inside,
      gitEnvironment: (repoURL) => ({ ...redirected(repository, repoURL), ...NO_NETWORK }),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const SAFE_DIRECTORY = {
  GIT_CONFIG_COUNT: '1',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
} as const;

/** What a URL may begin with that is a place on this machine; the longest match wins, so the repository's own is first. */
const LOCAL_URLS = ['/', '.', 'file:'];

function redirected(repository: string, repoURL: string): Readonly<Record<string, string>> {
  const entries: readonly (readonly [string, string])[] = [
    [`url.${repository}.insteadOf`, repoURL],
    ...[repoURL, ...LOCAL_URLS].map(
      (url) => [`url.${repository}.pushInsteadOf`, url] as readonly [string, string],
    ),
    ['safe.directory', '*'],
  ];
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(entries.length)],
    ...entries.flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
  ]);
}

const NO_NETWORK = { GIT_ALLOW_PROTOCOL: 'file' } as const;
