import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ReadRow, readArchive } from '../../runtime/archive/reader.ts';
import { salvageArchives } from '../../runtime/archive/salvage.ts';
import { inspect } from '../../runtime/inspector/inspect.ts';
import { isClean, reportText } from '../../runtime/inspector/text.ts';
import { sha256, withFolder } from '../runtime/archive/rows.ts';
import type { Said } from '../runtime/archive/writer-process.ts';

const PROGRAM = fileURLToPath(new URL('../runtime/archive/writer-process.ts', import.meta.url));
/** More with ORDERBOOKS_KILLS=300 npx vitest run test/invariants/closed-archive-never-changes.test.ts */
const KILLS = Number(process.env['ORDERBOOKS_KILLS'] ?? 12);
/** At most this much of the recording may be gone. */
const AT_RISK_MS = 1_000;

interface Writing {
  readonly child: ChildProcess;
  readonly said: Said[];
  /** Resolves when `enough` holds of what was said. */
  until(enough: (said: readonly Said[]) => boolean): Promise<void>;
  /** Resolves once everything that was said has been heard. */
  ended(): Promise<number | null>;
}

function startWriting(dataRoot: string, runId: string): Writing {
  const child = spawn(process.execPath, [PROGRAM, dataRoot, runId], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Said[] = [];
  const lines = createInterface({ input: child.stdout });
  const exit = once(child, 'exit');
  const heard = once(lines, 'close');
  lines.on('line', (line) => said.push(JSON.parse(line) as Said));
  return {
    child,
    said,
    async until(enough) {
      while (!enough(said)) {
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`the writer ended early after ${said.length} lines`);
        }
        await Promise.race([once(lines, 'line'), exit]);
      }
    },
    async ended() {
      const [code] = await exit;
      await heard;
      return code;
    },
  };
}

function closedOf(said: readonly Said[]) {
  return said.flatMap((one) => (one.said === 'closed' ? [one] : []));
}

async function rowsOfRun(dataRoot: string, runId: string): Promise<ReadRow[]> {
  const report = await inspect({ dataRoot });
  const rows: ReadRow[] = [];
  for (const archive of report.archives.filter((one) => one.run_id === runId)) {
    await readArchive(join(dataRoot, archive.path), {
      onRows: (some) => {
        rows.push(...some);
      },
    });
  }
  return rows;
}

describe('invariants 1 and 3: kill -9 never harms a closed archive and costs at most a second', () => {
  it(
    `holds for ${KILLS} kills at random moments`,
    () =>
      withFolder(async (dataRoot) => {
        const closed = new Map<string, string>();
        for (let kill = 0; kill < KILLS; kill++) {
          const runId = `kill${kill}`;
          const writing = startWriting(dataRoot, runId);
          // From the first append to some segments later, in the middle of whatever goes on then.
          const lines = Math.floor(Math.random() * 300) + 1;
          await writing.until((said) => said.length >= lines);
          const killedAt = Date.now();
          writing.child.kill('SIGKILL');
          await writing.ended();
          for (const { path, sha256 } of closedOf(writing.said)) closed.set(path, sha256);
          await salvageArchives({ dataRoot });

          for (const [path, hash] of closed) {
            expect(sha256(await readFile(join(dataRoot, path))), path).toBe(hash);
          }
          const rows = await rowsOfRun(dataRoot, runId);
          expect(rows.map(({ row }) => row.sequence)).toEqual(rows.map((_row, index) => index));
          const due = writing.said.findLast(
            (one) => one.said === 'appended' && one.at < killedAt - AT_RISK_MS,
          );
          const last = rows.findLast(({ row }) => row.type === 'frame')?.row.sequence ?? -1;
          if (due?.said === 'appended') expect(last).toBeGreaterThanOrEqual(due.sequence);
        }
        const report = await inspect({ dataRoot });
        expect(isClean(report), reportText(report)).toBe(true);
        expect(report.open).toEqual([]);
        // Else nothing was proven.
        expect(closed.size).toBeGreaterThan(0);
        expect(report.archives.some((one) => one.close_reason === 'salvaged')).toBe(true);
      }),
    30_000 + KILLS * 5_000,
  );

  it('SIGTERM loses nothing', () =>
    withFolder(async (dataRoot) => {
      const writing = startWriting(dataRoot, 'term');
      await writing.until((said) => said.length >= 120);
      writing.child.kill('SIGTERM');
      expect(await writing.ended()).toBe(0);
      const end = writing.said.at(-1);
      if (end?.said !== 'ended') throw new Error(`expected a last word, got ${end?.said}`);
      expect(await salvageArchives({ dataRoot })).toEqual([]);
      const rows = await rowsOfRun(dataRoot, 'term');
      expect(rows.map(({ row }) => row.sequence)).toEqual(
        Array.from({ length: end.rows }, (_unused, index) => index),
      );
      const report = await inspect({ dataRoot });
      expect(isClean(report), reportText(report)).toBe(true);
    }));
});
