import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSystemError } from '../archive/error.ts';
import { UploadError } from './error.ts';
import { type RcloneOptions, type RcloneRun, runRclone } from './rclone-process.ts';
import { parseCombined, parseSums, sumsText } from './rclone-report.ts';
import type { Depth, Observed, Remote, UploadFile, Verification } from './remote.ts';

export interface RcloneRemoteOptions extends RcloneOptions {
  readonly dataRoot: string;
}

/** rclone's exit code when a folder is not there. */
const DIRECTORY_NOT_FOUND = 3;

/** Not proof enough of a content: two contents of one size share it too easily. */
const WEAK_HASHES: ReadonlySet<string> = new Set(['crc32']);

/** Any rclone remote. What is read back is downloaded and hashed here; hashes of the remote are rclone's to compare. */
export function rcloneRemote(target: string, options: RcloneRemoteOptions): Remote {
  return {
    type: 'rclone',
    target,
    copy: (files) => copy(target, files, options),
    verify: (files, depth) => verify(target, files, depth, options),
    readBack: (remotePaths) => readBack(target, remotePaths, options),
  };
}

async function copy(
  target: string,
  files: readonly UploadFile[],
  options: RcloneRemoteOptions,
): Promise<void> {
  if (files.length === 0) return;
  const moved = files.find((file) => file.path !== file.remotePath);
  if (moved !== undefined) {
    throw new UploadError(
      'REMOTE_UNUSABLE',
      `${moved.path}: expected the same name on an rclone remote, got ${moved.remotePath}`,
    );
  }
  await withScratch(async (scratch) => {
    const list = join(scratch, 'files');
    await writeFile(list, lines(files.map((file) => file.path)));
    const run = await runRclone(
      // Sizes and times alone would let a copy with wrong content stay.
      ['copy', options.dataRoot, target, `--files-from-raw=${list}`, '--no-traverse', '--checksum'],
      options,
    );
    if (run.exitCode !== 0) throw failure('copy', target, run);
  });
}

async function verify(
  target: string,
  files: readonly UploadFile[],
  depth: Depth,
  options: RcloneRemoteOptions,
): Promise<Verification> {
  if (files.length === 0) return { by: depth, results: new Map() };
  return withScratch(async (scratch) => {
    if (depth === 'hash') {
      const { run, results } = await check(
        [options.dataRoot, target],
        scratch,
        target,
        files,
        options,
      );
      if (run.hash !== null && !WEAK_HASHES.has(run.hash)) return { by: run.hash, results };
    }
    const sums = join(scratch, 'sums');
    await writeFile(sums, sumsText(files));
    const what = ['--checkfile=sha256', sums, target, '--download'];
    const { results } = await check(what, scratch, target, files, options);
    return { by: 'content', results };
  });
}

/** `rclone check` of `what`, and what its report says of each file. */
async function check(
  what: readonly string[],
  scratch: string,
  target: string,
  files: readonly UploadFile[],
  options: RcloneRemoteOptions,
): Promise<{ readonly run: RcloneRun; readonly results: ReadonlyMap<string, string | null> }> {
  const list = join(scratch, 'files');
  const report = join(scratch, 'combined');
  await writeFile(list, lines(files.map((file) => file.remotePath)));
  await rm(report, { force: true });
  const run = await runRclone(
    [
      ...['check', ...what, '--one-way', `--combined=${report}`],
      ...[`--files-from-raw=${list}`, '--no-traverse'],
    ],
    options,
  );
  const results = parseCombined(await readReport(report), files);
  // Differences make rclone fail too; without any of them something else went wrong, and nothing is sure.
  if (run.exitCode !== 0 && [...results.values()].every((result) => result === null)) {
    throw failure('check', target, run);
  }
  return { run, results };
}

function readBack(
  target: string,
  remotePaths: readonly string[],
  options: RcloneRemoteOptions,
): Promise<ReadonlyMap<string, Observed>> {
  if (remotePaths.length === 0) return Promise.resolve(new Map());
  return withScratch(async (scratch) => {
    const list = join(scratch, 'files');
    await writeFile(list, lines(remotePaths));
    const run = await runRclone(
      ['hashsum', 'sha256', target, '--download', `--files-from-raw=${list}`, '--no-traverse'],
      options,
    );
    const sums = parseSums(run.stdout);
    const why = run.errors.at(-1) ?? 'rclone does not list it';
    if (run.exitCode !== 0 && run.exitCode !== DIRECTORY_NOT_FOUND && sums.size === 0) {
      throw failure('hashsum', target, run);
    }
    return new Map(
      remotePaths.map((path) => {
        const sha256 = sums.get(path);
        return [
          path,
          sha256 === undefined ? { sha256: null, error: `is not there: ${why}` } : { sha256 },
        ];
      }),
    );
  });
}

async function withScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-rclone-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readReport(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}

function lines(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join('');
}

function failure(what: string, target: string, run: RcloneRun): UploadError {
  const said = run.errors.length > 0 ? run.errors.join('; ') : 'it said nothing';
  return new UploadError(
    'RCLONE_FAILED',
    `rclone ${what} with ${target}: expected exit code 0, got ${run.exitCode}: ${said}. Is the remote in the file that RCLONE_CONFIG names, and can it be reached?`,
  );
}
