import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../runtime/simulator/ledger.ts';
import { type Simulator, startSimulator } from '../../runtime/simulator/simulator.ts';
import { until } from '../runtime/recorder/feed-server.ts';
import { archivesIn, readRecorded } from '../runtime/recorder/recorded.ts';
import { type RecorderProcess, startRecorder } from '../runtime/recorder/recorder-process.ts';

/**
 * Invariant 3 of the design, end to end: kill -9 of the real recorder costs at most one second of frames, and never a
 * closed archive. The simulator's ledger says what was sent when.
 */

const AT_RISK_MS = 1_000;
/** How long each run was fed before it was killed: before its first flush, between flushes, and after a rotation. */
const FED_MS = [100, 700, 1_600, 3_100];

let dataRoot: string;
let ledger: Ledger;
let simulator: Simulator;
let recorder: RecorderProcess;

beforeEach(async () => {
  dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-kill-'));
  ledger = new Ledger();
  // Slow enough that only the flush brings frames to the disk in time, not the size of what waits.
  simulator = await startSimulator({ ledger: ledger.sink, rate: 20 });
});

afterEach(async () => {
  recorder.child.kill('SIGKILL');
  await recorder.exit;
  await simulator.close();
  rmSync(dataRoot, { recursive: true, force: true });
});

async function start(): Promise<void> {
  recorder = await startRecorder({
    dataRoot,
    feed: simulator,
    overrides: { archive: { rotateAfter: '2500ms' } },
  });
}

function digestsOfClosed(): ReadonlyMap<string, string> {
  return new Map(
    archivesIn(dataRoot).map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(dataRoot, path)))
        .digest('hex'),
    ]),
  );
}

/** Time between the first and the newest frame of a connection. */
function fedMs(connection: number): number {
  const frames = ledger.connections[connection]?.frames ?? [];
  return (frames.at(-1)?.at ?? 0) - (frames[0]?.at ?? 0);
}

describe('kill -9 of the recorder', () => {
  it('costs at most one second of frames and no closed archive, again and again', async () => {
    const kills: { runId: string; connection: number; at: number }[] = [];
    for (const fed of FED_MS) {
      await start();
      const connection = ledger.connections.length;
      await until('enough frames', () => fedMs(connection) >= fed);
      const at = Date.now();
      recorder.child.kill('SIGKILL');
      await recorder.exit;
      kills.push({ runId: recorder.runId, connection, at });
      const closed = digestsOfClosed();
      await start();
      const { runId } = recorder;
      await until('the salvage', () =>
        archivesIn(dataRoot, '.open').every((path) => path.includes(runId)),
      );
      recorder.child.kill('SIGTERM');
      expect((await recorder.exit).code).toBe(0);
      const now = digestsOfClosed();
      for (const [path, digest] of closed) expect(now.get(path), path).toBe(digest);
      expect(archivesIn(dataRoot, '.open')).toEqual([]);
    }
    let owed = 0;
    for (const { runId, connection, at } of kills) {
      const sent = ledger.connections[connection]?.frames ?? [];
      const recorded = readRecorded(dataRoot, runId);
      const kept = recorded.frames.map((frame) => frame.payload_sha256);
      expect(kept).toEqual(sent.slice(0, kept.length).map(({ sha256 }) => sha256));
      const lost = sent.slice(kept.length);
      for (const frame of lost) expect(frame.at).toBeGreaterThan(at - AT_RISK_MS);
      // A run that was killed before its first flush leaves nothing to salvage.
      if (kept.length > 0) {
        expect(recorded.rows.at(-1)).toMatchObject({ type: 'gap', reason: 'crash' });
      }
      owed += sent.filter((frame) => frame.at <= at - AT_RISK_MS).length;
    }
    // Otherwise every frame was younger than a second, and nothing was proven.
    expect(owed).toBeGreaterThan(20);
  }, 60_000);
});
