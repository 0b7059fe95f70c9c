import type { UploadFile } from './remote.ts';

/** rclone's words for the first character of a line of its `--combined` report. */
const FINDINGS: Readonly<Record<string, string | null>> = {
  '=': null,
  '+': 'the copy is not there',
  '*': 'the copy has other content',
  '!': 'the copy cannot be read',
};

/**
 * Result for each of `files` from rclone's `--combined` report. A file that the report does not name exactly once, or
 * with a mark that is not known, is not verified.
 */
export function parseCombined(
  report: string,
  files: readonly UploadFile[],
): ReadonlyMap<string, string | null> {
  const marks = new Map<string, string[]>();
  for (const line of report.split('\n')) {
    if (line.length < 3) continue;
    const path = line.slice(2);
    marks.set(path, [...(marks.get(path) ?? []), line.slice(0, 2)]);
  }
  return new Map(
    files.map((file) => [file.path, findingOf(marks.get(file.remotePath) ?? [], file)]),
  );
}

function findingOf(marks: readonly string[], file: UploadFile): string | null {
  const [mark, ...more] = marks;
  if (mark === undefined) return 'rclone check did not report on the copy';
  const finding = mark.endsWith(' ') ? FINDINGS[mark.slice(0, 1)] : undefined;
  if (finding === undefined || more.length > 0) {
    return `rclone check reported ${JSON.stringify(marks)} for ${file.remotePath}, which is not understood`;
  }
  return finding;
}

/** Lines `<sha256>  <path>` as rclone and sha256sum write and read them. */
export function sumsText(files: readonly UploadFile[]): string {
  return files.map((file) => `${file.sha256}  ${file.remotePath}\n`).join('');
}

const SUM = /^([0-9a-f]{64}) {2}(.+)$/;

export function parseSums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, sha256, path] = SUM.exec(line) ?? [];
    if (sha256 !== undefined && path !== undefined) sums.set(path, sha256);
  }
  return sums;
}
