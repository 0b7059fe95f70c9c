import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ledger } from '../../../runtime/simulator/ledger.ts';
import { type Simulator, startSimulator } from '../../../runtime/simulator/simulator.ts';
import { until } from './feed-server.ts';
import { readRecorded } from './recorded.ts';
import { type RecorderProcess, startRecorder } from './recorder-process.ts';

const APART_MS = 300;

let dataRoot: string;
let ledger: Ledger;
let simulator: Simulator;
let recorder: RecorderProcess;

beforeEach(async () => {
  dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-redundancy-'));
  ledger = new Ledger();
  simulator = await startSimulator({ ledger: ledger.sink, rate: 50 });
  recorder = await startRecorder({
    dataRoot,
    feed: simulator,
    overrides: { recorder: { connections: 2, connectionStagger: `${APART_MS}ms` } },
  });
});
afterEach(async () => {
  recorder.child.kill('SIGKILL');
  await recorder.exit;
  await simulator.close();
  rmSync(dataRoot, { recursive: true, force: true });
});

const sentTo = (connection: number) => ledger.connections[connection]?.frames ?? [];

describe('two redundant connections', () => {
  it('start apart and are archived each on its own; cutting one leaves no trace in the other', async () => {
    await until('frames on both', () => sentTo(0).length > 20 && sentTo(1).length > 20);
    expect(await recorder.metric('orderbooks_recorder_connections_open')).toBe(2);
    await fetch(`${simulator.controlUrl}/drop`, {
      method: 'POST',
      body: JSON.stringify({ connection: 1 }),
    });
    const during = sentTo(1).length;
    await until('the replacement', () => sentTo(2).length > 20);
    expect(sentTo(1).length).toBeGreaterThan(during);
    // The gauges of the slots are brought up to date a few times a second.
    await until(
      'the gauge',
      async () => (await recorder.metric('orderbooks_recorder_slot_open{slot="ws1"}')) === 1,
    );
    // Nothing is on its way any more when the recorder ends.
    await fetch(`${simulator.controlUrl}/stall`, { method: 'POST', body: '{}' });
    let received = -1;
    await until('the last frame', async () => {
      const before = received;
      received = await recorder.metric('orderbooks_recorder_data_frames_total');
      return received === before;
    });
    recorder.child.kill('SIGTERM');
    expect((await recorder.exit).code).toBe(0);

    const { gaps, connections, framesOf } = readRecorded(dataRoot, recorder.runId);
    expect(connections).toEqual(['ws1-1', 'ws2-1', 'ws1-2']);
    const [first, second] = gaps.filter(({ reason }) => reason === 'connect');
    const apart = Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '');
    // Handshakes take their time, so only the greater part of the distance is owed.
    expect(apart).toBeGreaterThan(APART_MS / 2);
    const said = (slot: string) =>
      gaps.filter((gap) => gap.connection_id?.startsWith(slot)).map((gap) => gap.reason);
    expect(said('ws1-')).toEqual(['connect', 'disconnect', 'connect']);
    expect(said('ws2-')).toEqual(['connect']);
    // What the other one was sent is there in full, also while the first was away.
    expect(framesOf('ws2-1').map((frame) => frame.payload_sha256)).toEqual(
      sentTo(1).map((frame) => frame.sha256),
    );
    expect(framesOf('ws2-1').map((frame) => frame.connection_sequence)).toEqual(
      sentTo(1).map((_, index) => index),
    );
    const again = gaps.find((gap) => gap.connection_id === 'ws1-2');
    expect(again?.since).toBe(framesOf('ws1-1').at(-1)?.received_at);
  }, 30_000);
});
