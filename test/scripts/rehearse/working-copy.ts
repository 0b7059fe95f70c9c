import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { git } from '../../../scripts/git.ts';
import { makeTemporaryFolder } from '../../../scripts/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIED = [
  'argocd',
  'gitops',
  'kargo',
  'settings',
  'runtime',
  'Dockerfile',
  'package.json',
  'package-lock.json',
  '.gitignore',
];

/** A checkout like this one, to be broken. */
export interface WorkingCopy {
  readonly folder: string;
  /** Replaces one text of a file; throws if it is not there. */
  edit(file: string, find: string, replace: string): void;
  remove(): void;
}

/** Copies what a rehearsal rehearses into a git checkout of its own. */
export async function workingCopy(): Promise<WorkingCopy> {
  const folder = await makeTemporaryFolder('orderbooks-working-copy-');
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const place = {
    folder,
    home: folder,
    ceiling: folder,
    environment: {
      GIT_AUTHOR_NAME: 'Test',
      GIT_AUTHOR_EMAIL: 'test@example.com',
      GIT_COMMITTER_NAME: 'Test',
      GIT_COMMITTER_EMAIL: 'test@example.com',
    },
    now: new Date(0),
  };
  await git(place, 'init', '--quiet', '--initial-branch=main');
  await git(place, 'add', '--all');
  await git(place, 'commit', '--quiet', '--message', 'As it is');
  return {
    folder,
    edit: (file, find, replace) => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      if (!text.includes(find)) throw new Error(`${file} has no ${JSON.stringify(find)}`);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
