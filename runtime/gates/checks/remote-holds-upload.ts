import { defineCheck } from '../check.ts';
import { firstFew } from '../judged-archives.ts';
import { manifestOfJob, readBackFaults } from '../one-off-upload.ts';
import { judged } from '../outcome.ts';

/** Whatever the uploader says: the bytes are on the remote, read back by somebody else. */
export const remoteHoldsUpload = defineCheck({
  id: 'remote-holds-upload',
  proves:
    'every file of the one-off upload, read back from the remote by an inspector, hashes to what was on the volume',
  needs: ['after', 'upload', 'uploaded'],
  run(_terms, { after, upload, uploaded }) {
    const manifest = manifestOfJob(uploaded.report, upload.outcome.name);
    const files = (manifest?.files ?? []).filter((file) => file.verified);
    const wrong = readBackFaults(manifest, files, uploaded.report, after.report.archives);
    const problems = [...wrong];
    if (files.length === 0) {
      problems.push(
        `Job ${upload.outcome.name} claims no verified file, so nothing can be read back`,
      );
    }
    const held = Math.max(0, files.length - wrong.length);
    return judged(
      'each verified file of the one-off upload on the remote with the sha256 it has on the volume, ≥ 1 file',
      `${held} of ${files.length} files read back with the right hash; ${uploaded.report.remote?.length ?? 0} read back in all`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'the remote holds what the volume holds',
    );
  },
});
