import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from './error.ts';

export interface FoundFile {
  /** Relative to the root of the walk, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other';
}

/**
 * Everything below `root/folder` that is no folder, by name. Links are found and never followed. A folder that is not
 * there, or goes away, is empty.
 */
export async function* walk(root: string, folder: string): AsyncGenerator<FoundFile> {
  let entries: Awaited<ReturnType<typeof list>>;
  try {
    entries = await list(join(root, folder));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return;
    throw error;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, path);
    else {
      yield { path, kind: entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other' };
    }
  }
}

function list(path: string) {
  return readdir(path, { withFileTypes: true });
}
