import { type ArchiveEvent, ArchiveWriter } from '../../../runtime/archive/writer.ts';
import { frame, LIMITS, provenanceOf } from './rows.ts';

/**
 * A program for tests that kill: `writer-process.ts <data root> <run id>` appends frames as fast as the event loop goes
 * round and says as JSON lines what it appended and closed. SIGTERM closes and ends it.
 */
export type Said =
  | { readonly said: 'appended'; readonly sequence: number; readonly at: number }
  | { readonly said: 'closed'; readonly path: string; readonly sha256: string }
  | { readonly said: 'ended'; readonly rows: number };

const [, , dataRoot = '', runId = ''] = process.argv;
const ROWS_AT_ONCE = 20;

function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
}

const writer = await ArchiveWriter.open({
  dataRoot,
  stream: 'ws_raw',
  provenance: provenanceOf(runId),
  limits: { ...LIMITS, rotateBytes: 60_000, rotateAfterMs: 700, flushIntervalMs: 100 },
  onEvent(event: ArchiveEvent) {
    if (event.kind === 'closed') {
      say({ said: 'closed', path: event.manifest.path, sha256: event.manifest.sha256 });
    }
  },
});

let rows = 0;
let timer: NodeJS.Timeout | null = null;

function appendSome(): void {
  for (let index = 0; index < ROWS_AT_ONCE; index++) {
    const sequence = writer.append(frame(rows, { bytes: 400 }));
    if (sequence === null) break;
    rows++;
    if (index === 0) say({ said: 'appended', sequence, at: Date.now() });
  }
  timer = setTimeout(appendSome, 2);
}
appendSome();

process.once('SIGTERM', async () => {
  if (timer !== null) clearTimeout(timer);
  await writer.close();
  say({ said: 'ended', rows });
});
