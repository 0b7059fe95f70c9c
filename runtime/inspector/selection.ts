import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from '../archive/error.ts';
import { closedPath, parseArchiveName, RAW_FOLDER, UNREADABLE_SUFFIX } from '../archive/layout.ts';
import { walk } from '../archive/walk.ts';

export interface SelectionOptions {
  readonly dataRoot: string;
  /** Milliseconds since 1970: only what was opened or closed at or after it. */
  readonly since?: number;
  /** Archives to read whatever their age; without `since`, only these. */
  readonly paths: readonly string[];
}

export interface OpenFile {
  readonly path: string;
  readonly bytes: number;
  readonly modified_at: string;
}

export interface Selection {
  /** Paths of closed archives relative to the data root, oldest first. */
  readonly archives: readonly string[];
  readonly open: readonly OpenFile[];
  readonly problems: readonly string[];
}

/** Files of salvage that is under way. */
const SALVAGE = /\.salvage$/;

/** Finds what is to be read below the raw folder. Links are never followed: each is a problem. */
export async function selectArchives(options: SelectionOptions): Promise<Selection> {
  const { dataRoot, since, paths } = options;
  const problems: string[] = [];
  const rawProblem = await rawFolderProblem(dataRoot);
  if (rawProblem !== null) return { archives: [], open: [], problems: [rawProblem] };
  const archives = new Set<string>();
  const open: OpenFile[] = [];
  for await (const { path, kind } of walk(dataRoot, RAW_FOLDER)) {
    if (kind !== 'file') {
      problems.push(await describeLink(dataRoot, path, kind));
      continue;
    }
    const stat = await statOf(join(dataRoot, path));
    // It was closed, uploaded and deleted, or renamed, while this was looking around.
    if (stat === null) continue;
    const isNew = since === undefined || stat.mtimeMs >= since;
    if (parseArchiveName(path) !== null) {
      // The last write of a closed archive is its end, so the file's own time says when it was closed.
      if (isNew && (since !== undefined || paths.length === 0)) archives.add(path);
    } else if (closedPath(path) !== null) {
      open.push({ path, bytes: stat.size, modified_at: stat.mtime.toISOString() });
    } else if (isNew && !SALVAGE.test(path)) {
      problems.push(
        path.endsWith(UNREADABLE_SUFFIX)
          ? `${path}: kept by salvage because nothing could be read from it`
          : `${path}: expected only archives here`,
      );
    }
  }
  for (const path of paths) {
    const problem = await pathProblem(dataRoot, path);
    if (problem === null) archives.add(path);
    else problems.push(problem);
  }
  return { archives: [...archives].sort(byTime), open, problems };
}

function byTime(a: string, b: string): number {
  const [one, other] = [parseArchiveName(a), parseArchiveName(b)];
  return (
    (one?.openedAt ?? 0) - (other?.openedAt ?? 0) ||
    (one?.segment ?? 0) - (other?.segment ?? 0) ||
    (a < b ? -1 : 1)
  );
}

async function rawFolderProblem(dataRoot: string): Promise<string | null> {
  try {
    const due = join(await realpath(dataRoot), RAW_FOLDER);
    const real = await realpath(join(dataRoot, RAW_FOLDER));
    return real === due ? null : `${RAW_FOLDER}: leads out of the data root, to ${real}`;
  } catch (error) {
    if (isSystemError(error, 'ENOENT'))
      return `${RAW_FOLDER}: is not there; was anything recorded?`;
    throw error;
  }
}

async function describeLink(dataRoot: string, path: string, kind: string): Promise<string> {
  if (kind !== 'link') return `${path}: expected a file, found something else; not read`;
  const raw = join(await realpath(dataRoot), RAW_FOLDER);
  try {
    const real = await realpath(join(dataRoot, path));
    return real.startsWith(`${raw}/`)
      ? `${path}: is a link, expected a file; not read`
      : `${path}: is a link that leads out of ${RAW_FOLDER}, to ${real}; not read`;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return `${path}: is a link that leads nowhere; not read`;
    throw error;
  }
}

async function pathProblem(dataRoot: string, path: string): Promise<string | null> {
  const steps = path.split('/');
  if (!path.startsWith(`${RAW_FOLDER}/`) || steps.includes('..') || steps.includes('.')) {
    return `${path}: leads out of ${RAW_FOLDER}; not read`;
  }
  if (parseArchiveName(path) === null) return `${path}: is not the name of an archive; not read`;
  try {
    const real = await realpath(join(dataRoot, path));
    const due = join(await realpath(dataRoot), path);
    return real === due ? null : `${path}: a link leads elsewhere, to ${real}; not read`;
  } catch (error) {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR')) {
      return `${path}: is not there`;
    }
    throw error;
  }
}

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
