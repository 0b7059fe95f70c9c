import { type RecordedHttp, serveHttp } from './http-server.ts';
import type { Recording } from './record.ts';
import { type RecordedRemote, recordedRemote } from './remote.ts';
import { replay } from './replay.ts';

export interface ReplayReport {
  readonly total: number;
  /** Cases that ended here as they ended on real Kargo. */
  readonly agreeing: readonly string[];
  /** How long each took, waiting for the others included. */
  readonly milliseconds: ReadonlyMap<string, number>;
  /** Where each of the other cases differs. */
  readonly disagreeing: ReadonlyMap<string, readonly string[]>;
}

/** Cases wait for git's processes most of the time. */
const SIDE_BY_SIDE = 4;

/** Carries recorded cases out, several at a time, each in a world and with repositories of its own. */
export async function replayAll(
  cases: readonly Recording[],
  tell: (name: string, differences: readonly string[]) => void = () => undefined,
): Promise<ReplayReport> {
  const remote: RecordedRemote = await recordedRemote();
  const http: RecordedHttp = await serveHttp();
  const agreeing: string[] = [];
  const disagreeing = new Map<string, readonly string[]>();
  const milliseconds = new Map<string, number>();
  const waiting = [...cases];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const started = performance.now();
      const differences = await replay(next, remote, http.origin).catch((error: unknown) => [
        `cannot be replayed: ${String(error)}`,
      ]);
      milliseconds.set(next.name, performance.now() - started);
      if (differences.length === 0) agreeing.push(next.name);
      else {
        disagreeing.set(next.name, differences);
        tell(next.name, differences);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  } finally {
    await remote.remove();
    await http.close();
  }
  return { total: cases.length, agreeing, disagreeing, milliseconds };
}
