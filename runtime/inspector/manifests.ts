import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readManifestFile } from '../archive/closing.ts';
import { exists } from '../archive/disk.ts';
import { ArchiveError, isSystemError } from '../archive/error.ts';
import {
  ARCHIVE_MANIFEST_FOLDER,
  ARCHIVE_SUFFIX,
  parseArchiveName,
  RAW_FOLDER,
  RUN_MANIFEST_FOLDER,
  UPLOAD_MANIFEST_FOLDER,
  verifiedPath,
} from '../archive/layout.ts';
import {
  type ArchiveManifest,
  type RunManifest,
  runManifest,
  type UploadManifest,
  uploadManifest,
} from '../archive/manifest.ts';
import { walk } from '../archive/walk.ts';
import type { ArchiveInspection } from './archive-inspection.ts';

/** Upload manifests in a report that was not bounded in time: about a day of them. */
const UPLOADS_UNBOUNDED = 150;

interface Found<T> {
  readonly manifests: T[];
  readonly problems: readonly string[];
}

/** Run manifests of `runs`, and those written at or after `since`, oldest first. */
export async function readRunManifests(
  dataRoot: string,
  since: number | undefined,
  runs: ReadonlySet<string>,
): Promise<Found<RunManifest>> {
  const found = await readFolder(dataRoot, RUN_MANIFEST_FOLDER, runManifest, async (name, file) => {
    if (since === undefined) return true;
    const runId = /_([^_]+)\.json$/.exec(name)?.[1];
    return (runId !== undefined && runs.has(runId)) || (await stat(file)).mtimeMs >= since;
  });
  found.manifests.sort((a, b) => (a.started_at < b.started_at ? -1 : 1));
  return found;
}

/** Upload manifests of uploads that finished at or after `since`, oldest first; the newest ones without `since`. */
export async function readUploadManifests(
  dataRoot: string,
  since: number | undefined,
): Promise<Found<UploadManifest>> {
  const found = await readFolder(
    dataRoot,
    UPLOAD_MANIFEST_FOLDER,
    uploadManifest,
    async (_name, file) => since === undefined || (await stat(file)).mtimeMs >= since,
    // Names start with the time.
    since === undefined ? UPLOADS_UNBOUNDED : undefined,
  );
  found.manifests.sort((a, b) => (a.finished_at < b.finished_at ? -1 : 1));
  return found;
}

export interface UnreadArchives {
  /** Manifests of segments between those that were read. */
  readonly between: readonly ArchiveManifest[];
  readonly problems: readonly string[];
}

/**
 * Looks through the archive manifests for segments between those that were read, and for archives that are gone though
 * no upload of them was verified.
 */
export async function findUnreadArchives(
  dataRoot: string,
  inspections: readonly ArchiveInspection[],
  since: number | undefined,
): Promise<UnreadArchives> {
  const read = new Set(inspections.map(({ report }) => report.path));
  const ranges = segmentRanges(inspections);
  const between: ArchiveManifest[] = [];
  const problems: string[] = [];
  for await (const { path } of walk(dataRoot, ARCHIVE_MANIFEST_FOLDER)) {
    const below = path.slice(ARCHIVE_MANIFEST_FOLDER.length + 1).replace(/\.json$/, '');
    const archive = `${RAW_FOLDER}/${below}${ARCHIVE_SUFFIX}`;
    const name = parseArchiveName(archive);
    if (name === null || read.has(archive)) continue;
    const range = ranges.get(`${name.runId} ${name.stream}`);
    const isBetween =
      range !== undefined && name.segment > range.first && name.segment < range.last;
    const file = join(dataRoot, path);
    try {
      if (isBetween) between.push(await readManifestFile(file));
      const isAsked = isBetween || since === undefined || (await stat(file)).mtimeMs >= since;
      if (!isAsked || (await exists(join(dataRoot, archive)))) continue;
      if (await exists(join(dataRoot, verifiedPath(archive)))) continue;
      problems.push(`${archive}: is gone, though its manifest is here and no upload was verified`);
    } catch (error) {
      if (error instanceof ArchiveError) problems.push(error.message);
      else if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return { between, problems };
}

function segmentRanges(inspections: readonly ArchiveInspection[]) {
  const ranges = new Map<string, { first: number; last: number }>();
  for (const { report, segment } of inspections) {
    const key = `${report.run_id} ${report.stream}`;
    const range = ranges.get(key) ?? { first: segment, last: segment };
    range.first = Math.min(range.first, segment);
    range.last = Math.max(range.last, segment);
    ranges.set(key, range);
  }
  return ranges;
}

async function readFolder<T>(
  dataRoot: string,
  folder: string,
  schema: z.ZodType<T>,
  wanted: (name: string, file: string) => Promise<boolean>,
  newest?: number,
): Promise<Found<T>> {
  const manifests: T[] = [];
  const problems: string[] = [];
  const names = (await namesIn(join(dataRoot, folder)))
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .sort();
  for (const name of newest === undefined ? names : names.slice(-newest)) {
    const file = join(dataRoot, folder, name);
    try {
      if (!(await wanted(name, file))) continue;
      manifests.push(schema.parse(JSON.parse(await readFile(file, 'utf8'))));
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) continue;
      const text = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      problems.push(`${folder}/${name}: expected a manifest: ${text.replaceAll('\n', ' ')}`);
    }
  }
  return { manifests, problems };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
