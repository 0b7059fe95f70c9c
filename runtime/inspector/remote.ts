import type { UploadManifest } from '../archive/manifest.ts';
import type { Remote } from '../uploader/remote.ts';
import type { InspectReport } from './report.ts';

/** Reads the files of the newest upload that had any back from the remote and hashes them. */
export async function readRemote(
  remote: Remote,
  uploads: readonly UploadManifest[],
): Promise<NonNullable<InspectReport['remote']>> {
  const newest = uploads.findLast((upload) => upload.files.length > 0);
  if (newest === undefined) return [];
  const observed = await remote.readBack(newest.files.map((file) => file.remote_path));
  const elsewhere =
    newest.remote.type === remote.type && newest.remote.target === remote.target
      ? null
      : `upload ${newest.upload_id} went to ${newest.remote.type} ${newest.remote.target}, the configuration names ${remote.type} ${remote.target}`;
  return newest.files.map((file) => {
    const found = observed.get(file.remote_path) ?? { sha256: null, error: 'no answer for it' };
    const error = elsewhere ?? (found.sha256 === null ? found.error : null);
    return {
      path: file.path,
      remote_path: file.remote_path,
      expected_sha256: file.sha256,
      observed_sha256: found.sha256,
      ...(error === null ? {} : { error }),
    };
  });
}
