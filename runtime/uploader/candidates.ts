import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readArchiveManifest } from '../archive/closing.ts';
import { ArchiveError, isSystemError } from '../archive/error.ts';
import { archiveManifestPath, parseArchiveName, RAW_FOLDER } from '../archive/layout.ts';
import { walk } from '../archive/walk.ts';
import { messageOf } from '../thrown.ts';
import { hashFile } from './file-hash.ts';
import type { UploadFile } from './remote.ts';

/** A closed archive and what its manifest says of it. */
export interface Candidate {
  readonly archive: UploadFile;
  /** Milliseconds since 1970. */
  readonly closedAt: number;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** Archives without a manifest: not closed entirely; the recorder gives them one when it starts. */
  readonly unfinished: number;
  readonly problems: readonly string[];
}

/** Closed archives below the data root, oldest first. Links are not followed. */
export async function findCandidates(dataRoot: string): Promise<Candidates> {
  const candidates: Candidate[] = [];
  const problems: string[] = [];
  let unfinished = 0;
  for await (const { path, kind } of walk(dataRoot, RAW_FOLDER)) {
    if (kind !== 'file' || parseArchiveName(path) === null) continue;
    try {
      const manifest = await readArchiveManifest(dataRoot, path);
      if (manifest === null) {
        unfinished++;
        continue;
      }
      candidates.push({
        archive: { path, remotePath: path, bytes: manifest.bytes, sha256: manifest.sha256 },
        closedAt: Date.parse(manifest.closed_at),
      });
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      problems.push(error.message);
    }
  }
  candidates.sort((a, b) => a.closedAt - b.closedAt);
  return { candidates, unfinished, problems };
}

/** The manifest of `archive` as a file to upload. */
export async function manifestFile(dataRoot: string, archive: UploadFile): Promise<UploadFile> {
  const path = archiveManifestPath(archive.path);
  return { path, remotePath: path, ...(await hashFile(join(dataRoot, path))) };
}

/** Null if the local archive is what its manifest says; what is wrong otherwise. */
export async function localProblem(
  dataRoot: string,
  archive: UploadFile,
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    const stat = await lstat(join(dataRoot, archive.path));
    if (!stat.isFile()) return 'expected a file, found something else';
    const local = await hashFile(
      join(dataRoot, archive.path),
      signal === undefined ? {} : { signal },
    );
    if (local.sha256 === archive.sha256 && local.bytes === archive.bytes) return null;
    return `the archive changed since it was closed: it has ${local.bytes} bytes that hash to ${local.sha256}, its manifest says ${archive.bytes} and ${archive.sha256}; not uploaded`;
  } catch (error) {
    signal?.throwIfAborted();
    if (isSystemError(error, 'ENOENT')) return 'the archive is gone';
    return `the archive cannot be read: ${messageOf(error)}`;
  }
}
