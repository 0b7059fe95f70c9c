import { join } from 'node:path';
import { ARCHIVE_SUFFIX, RAW_FOLDER } from '../../runtime/archive/layout.ts';
import { readArchive } from '../../runtime/archive/reader.ts';
import { walk } from '../../runtime/archive/walk.ts';
import type { LedgerConnection } from '../../runtime/simulator/ledger.ts';
import {
  matchingConnection,
  type RecordedFrames,
  settle,
} from '../../runtime/simulator/settlement.ts';
import type { Account, StageRecording } from './result.ts';

/** One connection of a recorder as its closed archives tell it. */
interface RecordedConnection extends RecordedFrames {
  readonly digests: string[];
  endedByGap: boolean;
  overflowed: number;
}

export interface Recording extends StageRecording {
  readonly connections: readonly RecordedConnection[];
}

const LOSING = new Set(['disconnect', 'stall', 'crash', 'overflow']);

/** Reads every closed websocket archive below a data root. Damaged ones give what is whole in them. */
export async function readRecording(
  stage: string,
  dataRoot: string,
  startedAt: number,
  endedAt: number,
): Promise<Recording> {
  const perSecond = new Array<number>(Math.max(1, Math.ceil((endedAt - startedAt) / 1000))).fill(0);
  const gaps: { atMs: number; reason: string }[] = [];
  const connections = new Map<string, RecordedConnection>();
  let frames = 0;
  for (const path of await archivesOf(dataRoot)) {
    let run = '';
    await readArchive(join(dataRoot, path), {
      onRows: (rows) => {
        run ||= runOf(path);
        for (const { row } of rows) {
          if (row.type === 'checkpoint') continue;
          const at = Date.parse(row.type === 'frame' ? row.received_at : row.at) - startedAt;
          const connection = connectionOf(connections, `${run}/${row.connection_id}`);
          if (row.type === 'gap') {
            gaps.push({ atMs: at, reason: row.reason });
            if (LOSING.has(row.reason)) connection.endedByGap = true;
            connection.overflowed += row.lost_frames ?? 0;
            continue;
          }
          frames++;
          connection.digests.push(row.payload_sha256);
          const second = Math.floor(at / 1000);
          if (second >= 0 && second < perSecond.length)
            perSecond[second] = (perSecond[second] ?? 0) + 1;
        }
      },
    });
  }
  return {
    stage,
    framesPerSecond: perSecond,
    frames,
    gaps,
    connections: [...connections.values()],
  };
}

/**
 * Settles what the simulator says it sent with what the stages archived. A recorded connection belongs to the ledger
 * connection that holds most of its frames in the same order.
 */
export function settleAccounts(
  sent: readonly LedgerConnection[],
  recordings: readonly Recording[],
): readonly Account[] {
  const open = new Set(
    sent
      .filter((connection) => connection.frames.length > 0)
      .map(({ frames, close }) => ({
        digests: frames.map((frame) => frame.sha256),
        flushed: close?.flushed ?? null,
      })),
  );
  const accounts = recordings.map(({ stage, connections }) => {
    const account = { stage, sent: 0, archived: 0, inGaps: 0, missing: 0 };
    for (const recorded of connections) {
      if (recorded.digests.length === 0) continue;
      const match = matchingConnection(open, recorded);
      if (match === null) {
        // Nobody sent this: as bad as a loss, and it must not hide.
        account.missing += recorded.digests.length;
        continue;
      }
      open.delete(match);
      const settled = settle(match, recorded);
      account.sent += settled.sent;
      account.archived += settled.archived;
      account.inGaps += settled.inGaps;
      account.missing += settled.missing + settled.foreign;
    }
    return account;
  });
  const nobody = [...open].reduce(
    // Frames cut off inside the simulator's own process were never sent.
    (sum, connection) => sum + (connection.flushed ?? connection.digests.length),
    0,
  );
  if (nobody === 0) return accounts;
  return [
    ...accounts,
    { stage: 'no stage', sent: nobody, archived: 0, inGaps: 0, missing: nobody },
  ];
}

function connectionOf(
  connections: Map<string, RecordedConnection>,
  key: string,
): RecordedConnection {
  const known = connections.get(key);
  if (known !== undefined) return known;
  const fresh = { digests: [], endedByGap: false, overflowed: 0 };
  connections.set(key, fresh);
  return fresh;
}

async function archivesOf(dataRoot: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { path, kind } of walk(dataRoot, `${RAW_FOLDER}/ws_raw`)) {
    if (kind === 'file' && path.endsWith(ARCHIVE_SUFFIX)) paths.push(path);
  }
  return paths;
}

/** `ws_raw_<opened>_<run>_<segment>.jsonl.gz` */
function runOf(path: string): string {
  return path.split('_').at(-2) ?? '';
}
