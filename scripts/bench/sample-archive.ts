import { hash } from 'node:crypto';
import { WebSocket } from 'ws';
import { ArchiveWriter } from '../../runtime/archive/writer.ts';
import { formatInstant } from '../../runtime/observability/clock.ts';
import { startSimulator } from '../../runtime/simulator/simulator.ts';

export interface SampleArchive {
  /** Relative to the data root. */
  readonly path: string;
  readonly frames: number;
  readonly plainBytes: number;
  readonly bytes: number;
  /** Seconds from the first row to the closed archive. */
  readonly seconds: number;
}

/** Texts of `count` frames as the simulator sends them for two busy markets. */
export async function sampleFrames(count: number): Promise<string[]> {
  const simulator = await startSimulator({ rate: 2_000 });
  const frames: string[] = [];
  const socket = new WebSocket(simulator.websocketUrl);
  try {
    const now = Date.now();
    const tokens = [...simulator.exchange.markets()]
      .filter(({ window }) => window.opensAt <= now && window.endsAt > now)
      .flatMap((market) => Object.values(market.tokens));
    socket.on('open', () => socket.send(JSON.stringify({ assets_ids: tokens, type: 'market' })));
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (data) => {
        if (frames.length < count) frames.push(String(data));
        if (frames.length === count) resolve();
      });
    });
  } finally {
    socket.terminate();
    await simulator.close();
  }
  return frames;
}

/** Writes `texts` as one archive below `dataRoot`, as the recorder does with its defaults. */
export async function writeSample(
  dataRoot: string,
  runId: string,
  texts: readonly string[],
): Promise<SampleArchive> {
  let closed: SampleArchive | null = null;
  const started = performance.now();
  const writer = await ArchiveWriter.open({
    dataRoot,
    stream: 'ws_raw',
    provenance: { run_id: runId, git_sha: '', image: '', config_sha256: '0'.repeat(64), pod: '' },
    limits: {
      rotateAfterMs: 3_600_000,
      rotateBytes: 1_073_741_824,
      flushIntervalMs: 500,
      gzipLevel: 6,
      queueBytes: 67_108_864,
    },
    onEvent(event) {
      if (event.kind !== 'closed') return;
      const { path, frames, plain_bytes, bytes } = event.manifest;
      closed = { path, frames, plainBytes: plain_bytes, bytes, seconds: 0 };
    },
  });
  const micros = Date.now() * 1_000;
  for (const [n, text] of texts.entries()) {
    const row = {
      type: 'frame',
      connection_id: 'ws1-1',
      connection_sequence: n,
      // Spaced as at the feed's peak.
      received_at: formatInstant(micros + n * 1_190),
      received_mono_ns: String(5_817_193_321_890 + n * 1_190_000),
      payload_sha256: hash('sha256', text),
      raw_text: text,
    } as const;
    while (writer.append(row) === null) await writer.drained();
  }
  await writer.close();
  const seconds = (performance.now() - started) / 1_000;
  if (closed === null) throw new Error('expected one archive to be closed');
  return { ...(closed as SampleArchive), seconds };
}
