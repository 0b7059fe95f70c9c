import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger, type LedgerConnection } from '../../runtime/simulator/ledger.ts';
import { type Simulator, startSimulator } from '../../runtime/simulator/simulator.ts';
import { until } from '../runtime/recorder/feed-server.ts';
import { type Recorded, readRecorded } from '../runtime/recorder/recorded.ts';
import { type RecorderProcess, startRecorder } from '../runtime/recorder/recorder-process.ts';

/**
 * Invariant 2 of the design: `raw_text` is what the wire carried; sequences are gapless per connection or a gap record
 * says why. The simulator's ledger says what was sent, the real recorder's archives what was kept.
 */

let dataRoot: string;
let ledger: Ledger;
let simulator: Simulator;
let recorder: RecorderProcess;

beforeEach(async () => {
  dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-raw-text-'));
  ledger = new Ledger();
  simulator = await startSimulator({
    ledger: ledger.sink,
    rate: 150,
    arrays: 0.1,
    surprises: 0.05,
    duplicates: 0.05,
  });
});

afterEach(async () => {
  recorder.child.kill('SIGKILL');
  await recorder.exit;
  await simulator.close();
  rmSync(dataRoot, { recursive: true, force: true });
});

async function start(settings: Readonly<Record<string, object>> = {}): Promise<void> {
  recorder = await startRecorder({
    dataRoot,
    feed: simulator,
    overrides: { archive: { rotateAfter: '700ms' }, ...settings },
  });
}

async function stop(): Promise<Recorded> {
  recorder.child.kill('SIGTERM');
  expect(await recorder.exit).toEqual({ code: 0, signal: null });
  return readRecorded(dataRoot);
}

const framesSent = () => ledger.connections.reduce((sum, one) => sum + one.frames.length, 0);
const digests = (frames: readonly { readonly sha256: string }[]) =>
  frames.map(({ sha256 }) => sha256);

/** Frames of the ledger's connection that are not in the archives; what is there must be its beginning, byte for byte. */
function missing(sent: LedgerConnection, recorded: Recorded, connectionId: string) {
  const kept = recorded.framesOf(connectionId);
  expect(kept.map((frame) => frame.connection_sequence)).toEqual(kept.map((_, index) => index));
  expect(kept.map((frame) => frame.payload_sha256)).toEqual(
    digests(sent.frames.slice(0, kept.length)),
  );
  return sent.frames.slice(kept.length);
}

/** Connections beside a slot's own, on which silent tokens are asked for again, have ids of their own and no gaps. */
function idsOf({ connections, frames, framesOf }: Recorded): string[] {
  const ids = new Set([...connections, ...frames.map((frame) => frame.connection_id)]);
  // A connection of which little is kept may look like the beginning of several.
  return [...ids].sort((left, right) => framesOf(right).length - framesOf(left).length);
}

function isBeginning(kept: readonly { readonly payload_sha256: string }[], sent: LedgerConnection) {
  return kept.every((frame, index) => frame.payload_sha256 === sent.frames[index]?.sha256);
}

/** A frame takes a while from the simulator's socket to the recorder's clock on a busy machine. */
const TRAVEL_MS = 3_000;

/** Every frame sent is kept once, except the last ones of a connection, which a gap on that connection covers. */
function expectKeptOrExplained(recorded: Recorded): void {
  const ids = idsOf(recorded);
  for (const sent of ledger.connections.filter(({ frames }) => frames.length > 0)) {
    const id = ids.find((one) => isBeginning(recorded.framesOf(one), sent)) ?? '';
    expect(id, `nothing is recorded of connection ${sent.number}`).not.toBe('');
    ids.splice(ids.indexOf(id), 1);
    const lost = missing(sent, recorded, id);
    if (lost.length === 0) continue;
    const gap = recorded.gaps.find(
      ({ connection_id, reason }) =>
        connection_id === id && (reason === 'disconnect' || reason === 'stall'),
    );
    expect(gap, `connection ${id} lost ${lost.length} frames and no gap says so`).toBeDefined();
    for (const frame of lost) {
      expect(frame.at).toBeGreaterThan(Date.parse(gap?.since ?? '') - TRAVEL_MS);
      expect(frame.at).toBeLessThan(Date.parse(gap?.at ?? '') + TRAVEL_MS);
    }
  }
}

describe('raw text is what the wire carried', () => {
  it('through rotations, and not one frame is lost to SIGTERM', async () => {
    await start();
    await until('800 frames', () => framesSent() > 800);
    const recorded = await stop();
    expect(recorded.connections).toEqual(['ws1-1']);
    const [sent] = ledger.connections;
    if (sent === undefined) throw new Error('nothing was sent');
    expect(sent.close?.ended).toBe('client');
    expect(missing(sent, recorded, 'ws1-1')).toEqual([]);
    expect(recorded.frames.length).toBe(sent.frames.length);
    expect(recorded.gaps.map((gap) => gap.reason)).toEqual(['start', 'connect', 'shutdown']);
    expect(recorded.rows.at(-1)).toMatchObject({ type: 'gap', reason: 'shutdown' });
  });

  it('across connections that are reset, cut, and closed with every code', async () => {
    await start();
    const ends = [
      () => simulator.socket.connections.forEach((one) => void one.cut('reset')),
      () => simulator.socket.connections.forEach((one) => void one.cut('cut')),
      () => simulator.socket.connections.forEach((one) => void one.close('slow_consumer')),
      () => simulator.socket.connections.forEach((one) => void one.close('going_away')),
      () => simulator.socket.connections.forEach((one) => void one.close('normal')),
    ];
    for (const [index, end] of ends.entries()) {
      await until(
        `frames on connection ${index + 1}`,
        () => (ledger.connections[index]?.frames.length ?? 0) > 60,
      );
      end();
    }
    await until('frames on the last', () => (ledger.connections[5]?.frames.length ?? 0) > 60);
    const recorded = await stop();
    expect(recorded.connections).toHaveLength(6);
    expectKeptOrExplained(recorded);
    expect(recorded.gaps.filter((gap) => gap.reason === 'disconnect')).toHaveLength(5);
    expect(recorded.frames.length).toBeGreaterThan(300);
  });

  it('across a silent stall', async () => {
    await start({ recorder: { silenceTimeout: '500ms', pingInterval: '200ms' } });
    await until('frames', () => framesSent() > 100);
    simulator.faults.allStalled = true;
    await until(
      'a stall',
      async () => (await recorder.metric('orderbooks_recorder_stalls_total')) >= 1,
    );
    simulator.faults.clear();
    const before = framesSent();
    await until('frames again', () => framesSent() > before + 100);
    const recorded = await stop();
    expect(recorded.gaps.some((gap) => gap.reason === 'stall')).toBe(true);
    expectKeptOrExplained(recorded);
  });
});
