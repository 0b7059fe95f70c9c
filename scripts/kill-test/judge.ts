import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { messageOf } from '../../runtime/thrown.ts';
import { closedArchives, digest, type Kill, type KillSession } from './kills.ts';
import { waitedSince } from './starvation.ts';

/**
 * Frames older than this at the kill must be on the disk (design §10, invariant 3), not counting the time in which the
 * process had to wait for a processor: no program can write while others run.
 */
export const AT_RISK_MS = 1_000;

export interface KillVerdict {
  /** What broke the invariant, in words; empty if nothing did. */
  readonly violations: readonly string[];
  readonly kills: number;
  /** Kills of runs that had been sent frames. */
  readonly fed: number;
  readonly archives: number;
  readonly framesSent: number;
  readonly framesKept: number;
  /** Kills after which an archive that ends with a `crash` row was made. */
  readonly salvaged: number;
  /** For each kill that lost any. */
  readonly losses: readonly Loss[];
}

/** What one kill cost, in milliseconds. */
export interface Loss {
  /** Age of the oldest lost frame at the kill. */
  readonly lostMs: number;
  /** Part of it that the process waited for a processor. */
  readonly waitedMs: number;
}

/** Reads everything that the killed runs left, without the project's own reader. */
export function judgeKills(dataRoot: string, session: KillSession): KillVerdict {
  const violations: string[] = [];
  for (const [path, sha256] of session.closed) {
    const now = digestOrNull(join(dataRoot, path));
    if (now !== sha256) violations.push(`${path}: closed archive changed: ${sha256} is now ${now}`);
  }
  const paths = closedArchives(dataRoot);
  const losses: Loss[] = [];
  let [framesSent, framesKept, salvaged] = [0, 0, 0];
  for (const [index, kill] of session.kills.entries()) {
    const problem = (text: string) => violations.push(`kill ${index + 1} (${kill.runId}): ${text}`);
    const run = readRun(dataRoot, ownPaths(paths, kill), problem);
    const kept = run.hashes;
    if (kept.some((sha256, at) => sha256 !== kill.sent[at]?.sha256)) {
      problem('the frames kept are not the first ones sent');
    }
    const oldestLost = kill.sent[kept.length];
    if (oldestLost !== undefined) {
      const lostMs = kill.at - oldestLost.at;
      const waitedMs = Math.min(lostMs, Math.round(waitedSince(kill.waits, oldestLost.at)));
      losses.push({ lostMs, waitedMs });
      if (lostMs - waitedMs > AT_RISK_MS) {
        problem(
          `lost a frame that was sent ${lostMs} ms before the kill, of which its process waited ${waitedMs} ms for a processor`,
        );
      }
    }
    if (run.lastReason === 'salvaged') salvaged++;
    if (kill.sent.length > 0 && run.lastGap !== 'crash') {
      problem('it was sent frames, and its last row is no crash gap');
    }
    framesSent += kill.sent.length;
    framesKept += kept.length;
  }
  return {
    violations,
    kills: session.kills.length,
    fed: session.kills.filter(({ sent }) => sent.length > 0).length,
    archives: paths.length,
    framesSent,
    framesKept,
    salvaged,
    losses,
  };
}

function ownPaths(paths: readonly string[], { runId }: Kill): string[] {
  return runId === '' ? [] : paths.filter((path) => basename(path).includes(runId));
}

interface RunRead {
  /** Payload hashes in order, each computed from the text. */
  readonly hashes: readonly string[];
  /** Reason of the last row if that is a gap. */
  readonly lastGap: string | null;
  /** Why the last archive ended. */
  readonly lastReason: string | null;
}

interface AnyRow {
  readonly type: string;
  readonly sequence?: number;
  readonly payload_sha256?: string;
  readonly raw_text?: string;
  readonly reason?: string;
  readonly rows?: number;
}

function readRun(
  dataRoot: string,
  paths: readonly string[],
  problem: (text: string) => void,
): RunRead {
  const hashes: string[] = [];
  let next = 0;
  let lastGap: string | null = null;
  let lastReason: string | null = null;
  for (const path of paths) {
    const rows = readRows(join(dataRoot, path), (text) => problem(`${path}: ${text}`));
    const end = rows.at(-1);
    if (rows[0]?.type !== 'segment' || end?.type !== 'end' || end.rows !== rows.length - 2) {
      problem(`${path}: expected a segment row, rows, and an end row that counts them`);
    }
    lastReason = end?.reason ?? null;
    for (const row of rows.slice(1, -1)) {
      if (row.sequence !== next) problem(`${path}: sequence ${row.sequence}, expected ${next}`);
      next = (row.sequence ?? next) + 1;
      lastGap = row.type === 'gap' ? (row.reason ?? null) : null;
      if (row.type !== 'frame') continue;
      const sha256 = hash('sha256', row.raw_text ?? '');
      if (sha256 !== row.payload_sha256) problem(`${path}: row ${row.sequence} has a wrong hash`);
      hashes.push(sha256);
    }
  }
  return { hashes, lastGap, lastReason };
}

function readRows(file: string, problem: (text: string) => void): AnyRow[] {
  try {
    const text = gunzipSync(readFileSync(file)).toString();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AnyRow);
  } catch (error) {
    problem(`cannot be read: ${messageOf(error)}`);
    return [];
  }
}

function digestOrNull(path: string): string | null {
  try {
    return digest(path);
  } catch {
    // Absent: the caller says that the archive changed.
    return null;
  }
}
