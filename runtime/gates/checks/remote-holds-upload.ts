import { defineCheck } from '../check.ts';
import { firstFew } from '../judged-archives.ts';
import { manifestOfJob } from '../one-off-upload.ts';
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
    const remote = new Map((uploaded.report.remote ?? []).map((entry) => [entry.path, entry]));
    const onVolume = new Map(
      after.report.archives.map((archive) => [archive.path, archive.sha256]),
    );
    const problems: string[] = [];
    if (uploaded.report.remote === undefined) problems.push('the inspector read nothing back');
    if (files.length === 0) {
      problems.push(
        `Job ${upload.outcome.name} claims no verified file, so nothing can be read back`,
      );
    }
    for (const file of files) {
      const entry = remote.get(file.path);
      const wanted = onVolume.get(file.path) ?? file.sha256;
      if (entry === undefined) {
        if (uploaded.report.remote !== undefined) problems.push(`${file.path} was not read back`);
      } else if (entry.observed_sha256 === null || entry.error !== undefined) {
        problems.push(
          `${entry.remote_path} could not be read back: ${entry.error ?? 'no reason given'}`,
        );
      } else if (entry.observed_sha256 !== wanted || entry.remote_path !== file.remote_path) {
        problems.push(
          `${entry.remote_path} on the remote hashes to ${entry.observed_sha256}, ${file.path} on the volume to ${wanted}`,
        );
      }
    }
    const held = files.length === 0 ? 0 : files.length - Math.min(files.length, problems.length);
    return judged(
      'each verified file of the one-off upload on the remote with the sha256 it has on the volume, ≥ 1 file',
      `${held} of ${files.length} files read back with the right hash; ${remote.size} read back in all`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'the remote holds what the volume holds',
    );
  },
});
