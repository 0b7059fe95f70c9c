import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitPlace, git, gitAnswer } from '../git.ts';

/** Where a branch ends. */
export interface Tip {
  readonly tree: string;
  readonly commit: string;
  readonly message: string;
}

/** The tip of a branch of a repository (a path or URL). */
export async function branchOf(
  repository: string,
  branch: string,
  home: string,
): Promise<Tip | null> {
  const folder = await mkdtemp(join(home, 'branch-'));
  const place = placeOf(folder);
  await git(place, 'init', '--quiet');
  const fetched = await gitAnswer(place, 'fetch', '--quiet', '--depth=1', repository, branch);
  if (fetched.code !== 0) return null;
  const show = (format: string) => git(place, 'log', '-1', `--format=${format}`, 'FETCH_HEAD');
  return { tree: await show('%T'), commit: await show('%H'), message: await show('%B') };
}

/** A mirror of a repository, made now. */
export async function mirror(repository: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const to = join(folder, 'before.git');
  await git(placeOf(folder), 'clone', '--quiet', '--mirror', repository, to);
  return to;
}

/** Git in a folder of ours, for repositories that belong to anybody. */
export function placeOf(folder: string): GitPlace {
  return {
    folder,
    home: folder,
    ceiling: folder,
    environment: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
    },
    now: new Date(),
  };
}
