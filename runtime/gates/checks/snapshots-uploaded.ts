import { defineCheck } from '../check.ts';
import { firstFew } from '../judged-archives.ts';
import {
  filesThatWereThere,
  manifestOfJob,
  readBackFaults,
  uploadFaults,
} from '../one-off-upload.ts';
import { judged } from '../outcome.ts';

/** The deployed uploader, started once, brings a snapshot archive that was there to upload to the remote. */
export const snapshotsUploaded = defineCheck({
  id: 'snapshots-uploaded',
  proves:
    'a one-off run of the uploader CronJob’s own Job verifies at least one rest_snapshots archive that was there to upload, and the remote holds its bytes',
  needs: ['cyclesAfter', 'upload', 'uploaded'],
  run({ subject }, { cyclesAfter, upload, uploaded }) {
    const { outcome } = upload;
    const { archives } = cyclesAfter.report;
    const manifest = manifestOfJob(uploaded.report, outcome.name);
    const files = filesThatWereThere(manifest, archives, 'rest_snapshots');
    const problems = [
      ...uploadFaults(outcome, uploaded.report, subject.imageDigest),
      ...readBackFaults(manifest, files, uploaded.report, archives),
    ];
    if (files.length === 0) {
      problems.push(
        'no verified file is a rest_snapshots archive that was closed before the upload and has the same bytes',
      );
    }
    return judged(
      `Job succeeded on ${subject.imageDigest}; status UPLOAD_VERIFIED, gate_status PASS, every file verified, ≥ 1 of them a rest_snapshots archive that was there to upload and is on the remote with the sha256 it has on the volume`,
      `Job ${outcome.name} ${outcome.succeeded ? 'succeeded' : 'failed'}; ${manifest === null ? 'no manifest' : `${manifest.status}, ${manifest.files.length} files`}, ${files.length} rest_snapshots of ${archives.length} known archives`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'the uploader of this release takes snapshots to the remote',
    );
  },
});
