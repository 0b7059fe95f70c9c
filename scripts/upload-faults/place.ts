import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { archiveManifestPath, archivePath } from '../../runtime/archive/layout.ts';
import { archiveManifest } from '../../runtime/archive/manifest.ts';
import type { Random } from './random.ts';

/** A data root, a folder for the remote, and the archives that were put into the data root. */
export interface Place {
  readonly folder: string;
  readonly dataRoot: string;
  readonly target: string;
  /** Those that are not finished. */
  readonly archives: Map<string, Sealed>;
  /** Archives that were ever added. */
  added: number;
}

export interface Sealed {
  readonly path: string;
  readonly sha256: string;
  readonly md5: string;
  readonly bytes: number;
}

export const PROVENANCE = {
  run_id: 'faults',
  git_sha: '0'.repeat(40),
  image: '',
  config_sha256: '0'.repeat(64),
  pod: 'upload-faults',
};

/** Archives are closed this long before now: beyond any retention of the runs. */
const CLOSED_BEFORE_MS = 3_600_000;
const LARGEST_ARCHIVE = 150_000;

export async function makePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-upload-faults-'));
  const place = { folder, dataRoot: join(folder, 'data'), target: join(folder, 'remote') };
  await mkdir(place.dataRoot);
  await mkdir(place.target);
  await mkdir(join(folder, 'bin'));
  return { ...place, archives: new Map(), added: 0 };
}

export function removePlace(place: Place): Promise<void> {
  return rm(place.folder, { recursive: true, force: true });
}

/** Puts a closed archive into the data root. The uploader does not look into it, so random bytes serve. */
export async function addArchive(place: Place, random: Random): Promise<Sealed> {
  const content = random.bytes(1 + random.below(LARGEST_ARCHIVE));
  const opened = new Date(Date.now() - CLOSED_BEFORE_MS);
  const path = archivePath('ws_raw', opened, 'faults', ++place.added);
  const at = opened.toISOString();
  const sealed = {
    path,
    sha256: hash('sha256', content),
    md5: hash('md5', content),
    bytes: content.length,
  };
  const manifest = archiveManifest.parse({
    schema: 'orderbooks.archive-manifest.v1',
    ...PROVENANCE,
    stream: 'ws_raw',
    segment: place.added,
    path,
    opened_at: at,
    closed_at: at,
    close_reason: 'rotation',
    salvaged: false,
    rows: 0,
    frames: 0,
    gaps: 0,
    checkpoints: 0,
    bytes: content.length,
    sha256: sealed.sha256,
    plain_bytes: 0,
    plain_sha256: '',
    first_sequence: null,
    last_sequence: null,
    first_received_at: null,
    last_received_at: null,
    connections: [],
    tokens: [],
  });
  await put(join(place.dataRoot, path), content);
  await put(join(place.dataRoot, archiveManifestPath(path)), JSON.stringify(manifest));
  place.archives.set(path, sealed);
  return sealed;
}

/** SHA-256 of the file at `path`, or null if there is no readable file. */
export async function hashAt(path: string): Promise<string | null> {
  try {
    return hash('sha256', await readFile(path));
  } catch {
    return null;
  }
}

export function hash(kind: 'sha256' | 'md5', content: Uint8Array): string {
  return createHash(kind).update(content).digest('hex');
}

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
