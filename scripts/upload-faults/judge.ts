import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UPLOAD_MANIFEST_FOLDER, verifiedPath } from '../../runtime/archive/layout.ts';
import { uploadManifest } from '../../runtime/archive/manifest.ts';
import { hashAt, type Place, type Sealed } from './place.ts';

/** What the remote holds and what it says, under the name of a local file. */
export interface RemoteView {
  /** SHA-256 of what really is there, null if nothing is. */
  content(path: string): Promise<string | null>;
  /** MD5 that the remote tells, null if it tells none. */
  told(path: string): string | null;
}

export function folderView(place: Place): RemoteView {
  return { content: (path) => hashAt(join(place.target, path)), told: () => null };
}

/**
 * What must never be: a local archive that changed, one that is gone without a right copy, and a file that a record or
 * a manifest calls verified though its copy is not what the verification rests on. The last is not asked of a remote
 * that `losesVerified` copies after they were looked at: until they are looked at again, before the deletion, nobody
 * can know.
 */
export async function findViolations(
  place: Place,
  remote: RemoteView,
  options: { readonly losesVerified: boolean } = { losesVerified: false },
): Promise<string[]> {
  const found: string[] = [];
  for (const sealed of place.archives.values()) {
    const local = await hashAt(join(place.dataRoot, sealed.path));
    const copy = await remote.content(sealed.path);
    if (local === null && copy !== sealed.sha256) {
      found.push(
        `${sealed.path} is gone and its copy ${copy === null ? 'is not there' : 'differs'}`,
      );
    }
    if (local !== null && local !== sealed.sha256) found.push(`${sealed.path} changed`);
    if (options.losesVerified) continue;
    const record = await verifiedBy(place, sealed);
    if (record !== null && !(await holds(record, sealed, remote))) {
      found.push(`${sealed.path} is recorded as verified by ${record}, and is not`);
    }
  }
  return options.losesVerified ? found : [...found, ...(await manifestViolations(place, remote))];
}

/** Archives that are not yet on the remote, or not yet deleted locally; the others are judged no more. */
export async function unfinished(place: Place, remote: RemoteView): Promise<string[]> {
  const found: string[] = [];
  for (const sealed of place.archives.values()) {
    const isCopied = (await remote.content(sealed.path)) === sealed.sha256;
    const isHere = (await hashAt(join(place.dataRoot, sealed.path))) !== null;
    if (!isCopied) found.push(`${sealed.path}: no copy`);
    if (isHere) found.push(`${sealed.path}: still here`);
    if (isCopied && !isHere) place.archives.delete(sealed.path);
  }
  return found;
}

/** Everything in this run's newest manifest; the others were judged when they were. */
async function manifestViolations(place: Place, remote: RemoteView): Promise<string[]> {
  const folder = join(place.dataRoot, UPLOAD_MANIFEST_FOLDER);
  const names = await readdir(folder).catch(() => []);
  const newest = names
    .filter((name) => !name.startsWith('.'))
    .sort()
    .at(-1);
  if (newest === undefined) return [];
  const manifest = uploadManifest.parse(JSON.parse(await readFile(join(folder, newest), 'utf8')));
  const found: string[] = [];
  for (const file of manifest.files) {
    const sealed = place.archives.get(file.path);
    if (!file.verified || sealed === undefined) continue;
    if (!(await holds(file.verified_by ?? 'content', sealed, remote))) {
      found.push(`manifest ${newest} calls ${file.path} verified, and it is not`);
    }
  }
  return found;
}

async function verifiedBy(place: Place, sealed: Sealed): Promise<string | null> {
  try {
    const text = await readFile(join(place.dataRoot, verifiedPath(sealed.path)), 'utf8');
    return (JSON.parse(text) as { readonly verified_by: string }).verified_by;
  } catch {
    // A record that is not there or not whole claims nothing, for the uploader too.
    return null;
  }
}

async function holds(by: string, sealed: Sealed, remote: RemoteView): Promise<boolean> {
  if ((await remote.content(sealed.path)) === sealed.sha256) return true;
  return by === 'md5' && remote.told(sealed.path) === sealed.md5;
}
