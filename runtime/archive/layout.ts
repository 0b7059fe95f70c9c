import { STREAMS, type Stream } from './row.ts';

/**
 * Where things lie below the data root:
 *
 *     raw_orderbooks/polymarket/<stream>/YYYY/MM/DD/<stream>_<opened>_<run>_<segment>.jsonl.gz
 *     manifests/archives/<stream>/YYYY/MM/DD/<same name>.json
 *     manifests/runs/<component>_<run>.json
 *     manifests/cycles/YYYY/MM/DD/cycle_<started>_<run>_<number>.json
 *     manifests/uploads/<upload id>.json
 *     manifests/verified/<path of the uploaded file>.json
 *     discovery/YYYY/MM/DD/<component>_<time>.json
 *     locks/<stream>_<run>.lock, locks/uploader.lock
 *
 * While an archive is written its name is `.<name>.open` in the same folder.
 */
export const RAW_FOLDER = 'raw_orderbooks/polymarket';
export const ARCHIVE_MANIFEST_FOLDER = 'manifests/archives';
export const RUN_MANIFEST_FOLDER = 'manifests/runs';
export const CYCLE_MANIFEST_FOLDER = 'manifests/cycles';
export const UPLOAD_MANIFEST_FOLDER = 'manifests/uploads';
export const VERIFIED_FOLDER = 'manifests/verified';
export const DISCOVERY_FOLDER = 'discovery';
export const LOCK_FOLDER = 'locks';
export const ARCHIVE_SUFFIX = '.jsonl.gz';
export const OPEN_SUFFIX = '.open';
/** `.<name>.unreadable` is an open file that salvage could read nothing from. */
export const UNREADABLE_SUFFIX = '.unreadable';

/** Path, relative to the data root, of the archive that a writer opens at `opened`. */
export function archivePath(stream: Stream, opened: Date, runId: string, segment: number): string {
  const stamp = compactStamp(opened);
  const name = `${stream}_${stamp}_${runId}_${String(segment).padStart(6, '0')}${ARCHIVE_SUFFIX}`;
  return `${RAW_FOLDER}/${stream}/${dayFolder(opened)}/${name}`;
}

/** Path of the manifest that belongs to the archive at `path`. */
export function archiveManifestPath(path: string): string {
  const below = path.slice(RAW_FOLDER.length + 1, -ARCHIVE_SUFFIX.length);
  return `${ARCHIVE_MANIFEST_FOLDER}/${below}.json`;
}

/** Path, relative to the data root, of the manifest of a collector's cycle. */
export function cycleManifestPath(started: Date, runId: string, cycle: number): string {
  const name = `cycle_${compactStamp(started)}_${runId}_${String(cycle).padStart(6, '0')}.json`;
  return `${CYCLE_MANIFEST_FOLDER}/${dayFolder(started)}/${name}`;
}

/** Path of what the uploader writes once the copy of the file at `path` was verified. */
export function verifiedPath(path: string): string {
  return `${VERIFIED_FOLDER}/${path}.json`;
}

/** Name under which the archive at `path` is written until it is closed. */
export function openPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return `${path.slice(0, slash + 1)}.${path.slice(slash + 1)}${OPEN_SUFFIX}`;
}

/** What the name of an archive says. */
export interface ArchiveName {
  readonly stream: Stream;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly runId: string;
  readonly segment: number;
}

const NAME = new RegExp(
  `^(${STREAMS.join('|')})_(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d\\.\\d{3})Z_([A-Za-z0-9-]+)_(\\d{6,})\\.jsonl\\.gz$`,
);

/** What the file name of `path` says, or null if it is no archive's. */
export function parseArchiveName(path: string): ArchiveName | null {
  const match = NAME.exec(path.slice(path.lastIndexOf('/') + 1));
  if (match === null) return null;
  const [, stream, year, month, day, hour, minute, second, runId, segment] = match;
  const openedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (runId === undefined || Number.isNaN(openedAt)) return null;
  return { stream: stream as Stream, openedAt, runId, segment: Number(segment) };
}

/** Path of the archive that is written at the open path `path`, or null if it is none. */
export function closedPath(path: string): string | null {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (!name.startsWith('.') || !name.endsWith(OPEN_SUFFIX)) return null;
  return `${path.slice(0, slash + 1)}${name.slice(1, -OPEN_SUFFIX.length)}`;
}

/** Lock that a writer holds from before its first file is opened until its last one is closed. */
export function writerLockPath(stream: Stream, runId: string): string {
  return `${LOCK_FOLDER}/${stream}_${runId}.lock`;
}

/** Paths that `writerLockPath` makes. */
export const WRITER_LOCK = new RegExp(
  `^${LOCK_FOLDER}/(${STREAMS.join('|')})_[A-Za-z0-9-]+\\.lock$`,
);

/** `YYYY/MM/DD` in UTC. */
export function dayFolder(at: Date): string {
  return at.toISOString().slice(0, 10).replaceAll('-', '/');
}

/** `20261121T101112.123Z`: sorts by time and is legal in every file name. */
export function compactStamp(at: Date): string {
  return at.toISOString().replaceAll('-', '').replaceAll(':', '');
}
