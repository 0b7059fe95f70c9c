import type { UploadManifest } from '../archive/manifest.ts';
import type { Remote } from '../uploader/remote.ts';
import type { InspectReport } from './report.ts';

/** Which upload is meant: the newest one with files, or the one that `wanted` names, with files or without. */
export function selectUpload(
  uploads: readonly UploadManifest[],
  wanted: string | undefined,
): UploadManifest | null {
  const found = uploads.findLast((upload) =>
    wanted === undefined
      ? upload.files.length > 0
      : upload.upload_id === wanted || upload.pod === wanted || isPodOfJob(upload.pod, wanted),
  );
  return found ?? null;
}

/** Reads the files of an upload back from the remote and hashes them. */
export async function readRemote(
  remote: Remote,
  upload: UploadManifest,
): Promise<NonNullable<InspectReport['remote']>> {
  const observed = await remote.readBack(upload.files.map((file) => file.remote_path));
  const elsewhere =
    upload.remote.type === remote.type && upload.remote.target === remote.target
      ? null
      : `upload ${upload.upload_id} went to ${upload.remote.type} ${upload.remote.target}, the configuration names ${remote.type} ${remote.target}`;
  return upload.files.map((file) => {
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

/** Kubernetes names the pods of a Job after it, with five characters more. */
function isPodOfJob(pod: string, job: string): boolean {
  return pod.startsWith(`${job}-`) && !pod.slice(job.length + 1).includes('-');
}
