import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { directoryRemote } from '../../../runtime/uploader/directory.ts';
import { type UploadOptions, upload } from '../../../runtime/uploader/upload.ts';
import { provenanceOf, withFolder } from '../archive/rows.ts';

export const DAY_MS = 86_400_000;

/** A data root and an empty folder that serves as the remote, both gone after `use`. */
export function withRemote<T>(
  use: (place: { readonly dataRoot: string; readonly target: string }) => Promise<T>,
): Promise<T> {
  return withFolder(async (folder) => {
    const place = { dataRoot: join(folder, 'data'), target: join(folder, 'remote') };
    await mkdir(place.dataRoot);
    await mkdir(place.target);
    return use(place);
  });
}

/** One run with minimum age 0 to the folder `target`. */
export function uploadTo(
  place: { readonly dataRoot: string; readonly target: string },
  options: Partial<UploadOptions> = {},
) {
  const { dataRoot, target } = place;
  return upload({
    dataRoot,
    remote: directoryRemote(target, { dataRoot }),
    provenance: provenanceOf('uploader'),
    minimumAgeMs: 0,
    retentionMs: DAY_MS,
    ...options,
  });
}

export function later(milliseconds: number): () => Date {
  return () => new Date(Date.now() + milliseconds);
}
