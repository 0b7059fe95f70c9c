import type { ArchiveManifest } from './manifest.ts';
import { type ReadProblem, readArchive } from './reader.ts';
import type { SegmentRow } from './row.ts';
import { type Counted, factsOf, Tally } from './tally.ts';
import { TokenSet } from './tokens.ts';

/** What an archive file holds up to its first problem. */
export interface Measured {
  /** Manifest of the file as it is; null unless it is whole. */
  readonly manifest: ArchiveManifest | null;
  readonly segment: SegmentRow | null;
  readonly segmentText: string | null;
  readonly counted: Counted;
  /** Instant of the last good row, gaps included. */
  readonly lastAt: string | null;
  /** What is wrong, in words; empty if nothing is. */
  readonly problem: string;
  /** True if the file ends before its first line does, and nothing in it is damaged: no row ever reached it. */
  readonly blank: boolean;
}

/**
 * Reads `file` and makes the manifest of an archive at `path` from it, for archives whose writer did not live to write
 * one. Its tokens are those that the rows name.
 */
export async function measureArchive(file: string, path: string): Promise<Measured> {
  const tally = new Tally();
  const tokens = new TokenSet();
  let lastAt: string | null = null;
  const read = await readArchive(file, {
    stopAtProblem: true,
    onRows(rows) {
      for (const { row } of rows) {
        tally.add(factsOf(row));
        tokens.add(row);
        lastAt = row.type === 'gap' ? row.at : row.received_at;
      }
    },
  });
  const { segment, segmentText, end } = read;
  const counted = tally.counted();
  const problem = read.problems.map(describe).join('; ');
  const blank = read.lines === 0 && read.gzip?.kind === 'truncated';
  const rest = { segment, segmentText, counted, lastAt, problem, blank };
  if (segment === null || end === null || read.problemCount > 0) return { manifest: null, ...rest };
  const { run_id, git_sha, image, config_sha256, pod, stream, opened_at } = segment;
  const manifest: ArchiveManifest = {
    schema: 'orderbooks.archive-manifest.v1',
    run_id,
    git_sha,
    image,
    config_sha256,
    pod,
    stream,
    segment: segment.segment,
    path,
    opened_at,
    closed_at: end.closed_at,
    close_reason: end.reason,
    salvaged: end.reason === 'salvaged',
    ...counted,
    bytes: read.bytes,
    sha256: read.sha256,
    plain_bytes: read.plainBytes,
    plain_sha256: read.plainSha256,
    tokens: tokens.values(),
  };
  return { manifest, ...rest };
}

/** `line 12: not JSON: …` */
export function describe(problem: ReadProblem): string {
  return problem.line === null ? problem.message : `line ${problem.line}: ${problem.message}`;
}
