import { defineCheck } from '../check.ts';
import { firstFew } from '../judged-archives.ts';
import { filesThatWereThere, manifestOfJob, uploadFaults } from '../one-off-upload.ts';
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
    const recorded = filesThatWereThere(manifest, after.report.archives, 'ws_raw');
    const problems = uploadFaults(outcome, uploaded.report, subject.imageDigest);
    if (manifest !== null && recorded.length === 0) {
      problems.push(
        'no verified file is a ws_raw archive that was closed before the upload and has the same bytes',
      );
    }
    return judged(
      `Job succeeded on ${subject.imageDigest}; status UPLOAD_VERIFIED, gate_status PASS, minimum age 0, every file verified, ≥ 1 of them a ws_raw archive that was there to upload`,
      `Job ${outcome.name} ${outcome.succeeded ? 'succeeded' : 'failed'}; ${manifest === null ? 'no manifest' : `${manifest.status}, ${manifest.gate_status}, ${manifest.files.length} files, ${recorded.length} ws_raw of ${after.report.archives.length} known archives, remote ${manifest.remote.type}`}`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'the uploader of this release takes recorder archives to the remote',
    );
  },
});
