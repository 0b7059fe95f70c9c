import type { ArchiveReport, InspectReport } from './report.ts';

/** True if nothing in the report is wrong. */
export function isClean(report: InspectReport): boolean {
  return (
    report.problems.length === 0 &&
    report.archives.every((archive) => archive.errors.length === 0) &&
    (report.remote ?? []).every((file) => file.observed_sha256 === file.expected_sha256)
  );
}

/** The report as lines for people: what is wrong comes last, where the eye ends. */
export function reportText(report: InspectReport): string {
  const { archives, open } = report;
  const newestUpload = report.upload_manifests.at(-1);
  const lines = [
    ...archives.map(archiveLine),
    ...open.map(
      (file) => `open      ${file.path}  ${file.bytes} bytes, written ${file.modified_at}`,
    ),
    ...(report.remote ?? []).map(
      (file) =>
        `remote    ${file.observed_sha256 === file.expected_sha256 ? 'same' : 'WRONG'}  ${file.remote_path}${file.error === undefined ? '' : `  ${file.error}`}`,
    ),
    `${archives.length} archives, ${sum(archives, (one) => one.rows)} rows, ${sum(archives, (one) => one.frames)} frames, ${sum(archives, (one) => one.gaps.length)} gaps, ${sum(archives, (one) => one.bytes)} bytes; ${open.length} open; ${report.runs.length} runs and streams`,
    newestUpload === undefined
      ? 'no upload manifest'
      : `newest upload ${newestUpload.upload_id}: ${newestUpload.status}, ${newestUpload.files.length} files to ${newestUpload.remote.type} ${newestUpload.remote.target}`,
    ...archives.flatMap((archive) =>
      archive.errors.map((error) => `WRONG  ${archive.path}: ${error}`),
    ),
    ...report.problems.map((problem) => `WRONG  ${problem}`),
    isClean(report) ? 'nothing is wrong' : 'something is wrong, see above',
  ];
  return `${lines.join('\n')}\n`;
}

function archiveLine(archive: ArchiveReport): string {
  const state = archive.errors.length > 0 ? 'WRONG' : (archive.close_reason ?? 'WRONG');
  const range =
    archive.first_sequence === null
      ? 'no rows'
      : `rows ${archive.first_sequence}–${archive.last_sequence}`;
  return `${state.padEnd(9)} ${archive.path}  ${range}, ${archive.frames} frames, ${archive.checkpoints} checkpoints, ${archive.gaps.length} gaps, manifest ${archive.manifest}`;
}

function sum(archives: readonly ArchiveReport[], of: (archive: ArchiveReport) => number): number {
  return archives.reduce((total, archive) => total + of(archive), 0);
}
