import type { UploadManifest } from '../archive/manifest.ts';
import type { Stream } from '../archive/row.ts';
import type { ArchiveReport, InspectReport } from '../inspector/report.ts';
import { firstFew } from './judged-archives.ts';
import type { JobOutcome } from './platform.ts';

export type UploadedFile = UploadManifest['files'][number];

/** The manifest that the pod of the Job `job` wrote; pods of a Job are named after it. */
export function manifestOfJob(report: InspectReport, job: string): UploadManifest | null {
  return report.upload_manifests.findLast((one) => one.pod.startsWith(`${job}-`)) ?? null;
}

/** Why a one-off upload is not a success of the release with `imageDigest`; empty if it is. */
export function uploadFaults(
  outcome: JobOutcome,
  uploaded: InspectReport,
  imageDigest: string,
): string[] {
  const manifest = manifestOfJob(uploaded, outcome.name);
  const found: string[] = [];
  if (!outcome.succeeded) {
    found.push(
      `Job ${outcome.name} failed (exit code ${outcome.exitCode ?? 'unknown'}): ${outcome.reason}`,
    );
  }
  if (outcome.imageDigest !== imageDigest) {
    found.push(`Job ${outcome.name} ran ${outcome.imageDigest ?? 'no known digest'}`);
  }
  if (manifest === null) {
    found.push(
      `no upload manifest of Job ${outcome.name} among ${uploaded.upload_manifests.length}`,
    );
  } else {
    found.push(...manifestFaults(manifest, imageDigest));
  }
  return found;
}

/** Verified files of `stream` that were there to upload: seen before it, with the same bytes. */
export function filesThatWereThere(
  manifest: UploadManifest | null,
  archives: readonly ArchiveReport[],
  stream: Stream,
): readonly UploadedFile[] {
  const there = new Map(archives.map((archive) => [archive.path, archive]));
  return (manifest?.files ?? []).filter((file) => {
    const known = there.get(file.path);
    return (
      file.verified &&
      known?.stream === stream &&
      known.sha256 === file.sha256 &&
      known.bytes === file.bytes
    );
  });
}

/** Why `files` are not on the remote as they were on the volume, by what an inspector read back; empty if they are. */
export function readBackFaults(
  manifest: UploadManifest | null,
  files: readonly UploadedFile[],
  uploaded: InspectReport,
  archives: readonly ArchiveReport[],
): string[] {
  const remote = new Map((uploaded.remote ?? []).map((entry) => [entry.path, entry]));
  const onVolume = new Map(archives.map((archive) => [archive.path, archive.sha256]));
  if (uploaded.remote === undefined) return ['the inspector read nothing back'];
  const found: string[] = [];
  // A scheduled upload may end meanwhile: what is read back has to be of the one that the gate started.
  if (manifest !== null && uploaded.remote_upload_id !== manifest.upload_id) {
    found.push(
      `upload ${uploaded.remote_upload_id ?? '(unnamed)'} was read back, not ${manifest.upload_id}`,
    );
  }
  for (const file of files) {
    const entry = remote.get(file.path);
    const wanted = onVolume.get(file.path) ?? file.sha256;
    if (entry === undefined) {
      found.push(`${file.path} was not read back`);
    } else if (entry.observed_sha256 === null || entry.error !== undefined) {
      found.push(
        `${entry.remote_path} could not be read back: ${entry.error ?? 'no reason given'}`,
      );
    } else if (entry.observed_sha256 !== wanted || entry.remote_path !== file.remote_path) {
      found.push(
        `${entry.remote_path} on the remote hashes to ${entry.observed_sha256}, ${file.path} on the volume to ${wanted}`,
      );
    }
  }
  return found;
}

function manifestFaults(manifest: UploadManifest, imageDigest: string): string[] {
  const found: string[] = [];
  if (manifest.status !== 'UPLOAD_VERIFIED') found.push(`status ${manifest.status}`);
  if (manifest.gate_status !== 'PASS') found.push(`gate_status ${manifest.gate_status}`);
  if (!manifest.image.endsWith(imageDigest)) {
    found.push(`the manifest was written by ${manifest.image || 'an unnamed image'}`);
  }
  if (manifest.minimum_age_ms !== 0) found.push(`minimum age ${manifest.minimum_age_ms} ms, not 0`);
  const unverified = manifest.files.filter((file) => !file.verified);
  if (unverified.length > 0) {
    found.push(
      firstFew(unverified.map((file) => `${file.path} not verified: ${file.error ?? 'no reason'}`)),
    );
  }
  return [...found, ...manifest.errors];
}
