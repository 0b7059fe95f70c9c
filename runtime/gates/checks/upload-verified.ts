import type { UploadManifest } from '../../archive/manifest.ts';
import type { ArchiveReport } from '../../inspector/report.ts';
import { defineCheck } from '../check.ts';
import { firstFew } from '../judged-archives.ts';
import { manifestOfJob } from '../one-off-upload.ts';
import { judged } from '../outcome.ts';

/** The deployed uploader, started once, uploads and verifies a recorder file that was there to upload. */
export const uploadVerified = defineCheck({
  id: 'upload-verified',
  proves:
    'a one-off run of the uploader CronJob’s own Job, on the promoted digest, ends UPLOAD_VERIFIED with at least one recorder archive',
  needs: ['after', 'upload', 'uploaded'],
  run({ subject }, { after, upload, uploaded }) {
    const { outcome } = upload;
    const manifest = manifestOfJob(uploaded.report, outcome.name);
    const there = new Map(after.report.archives.map((archive) => [archive.path, archive]));
    const recorded = manifest === null ? [] : recorderFiles(manifest, there);
    const problems: string[] = [];
    if (!outcome.succeeded) {
      problems.push(
        `Job ${outcome.name} failed (exit code ${outcome.exitCode ?? 'unknown'}): ${outcome.reason}`,
      );
    }
    if (outcome.imageDigest !== subject.imageDigest) {
      problems.push(`Job ${outcome.name} ran ${outcome.imageDigest ?? 'no known digest'}`);
    }
    if (manifest === null) {
      problems.push(
        `no upload manifest of Job ${outcome.name} among ${uploaded.report.upload_manifests.length}`,
      );
    } else {
      problems.push(...manifestFaults(manifest, subject.imageDigest));
      if (recorded.length === 0) {
        problems.push(
          'no verified file is a ws_raw archive that was closed before the upload and has the same bytes',
        );
      }
    }
    return judged(
      `Job succeeded on ${subject.imageDigest}; status UPLOAD_VERIFIED, gate_status PASS, minimum age 0, every file verified, ≥ 1 of them a ws_raw archive that was there to upload`,
      `Job ${outcome.name} ${outcome.succeeded ? 'succeeded' : 'failed'}; ${manifest === null ? 'no manifest' : `${manifest.status}, ${manifest.gate_status}, ${manifest.files.length} files, ${recorded.length} ws_raw of ${there.size} known archives, remote ${manifest.remote.type}`}`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'the uploader of this release takes recorder archives to the remote',
    );
  },
});

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

function recorderFiles(manifest: UploadManifest, there: ReadonlyMap<string, ArchiveReport>) {
  return manifest.files.filter((file) => {
    const known = there.get(file.path);
    return (
      file.verified &&
      known?.stream === 'ws_raw' &&
      known.sha256 === file.sha256 &&
      known.bytes === file.bytes
    );
  });
}
