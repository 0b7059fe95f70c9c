import { isBeside } from '../archive/connection-id.ts';
import type { GapRow } from '../archive/row.ts';

/** A connection that was lost, and what became of it. Times in milliseconds since the epoch. */
export interface Interruption {
  readonly reason: string;
  readonly connectionId: string | null;
  readonly lostAt: number;
  /** When a connection was open and subscribed again; null if no row says so. */
  readonly recoveredAt: number | null;
  /** When the run was stopped or its rows end before a recovery; null while neither is the case. */
  readonly endedAt: number | null;
}

interface Loss {
  readonly row: GapRow;
}

/**
 * Pairs the gap rows of one run, in their order: each lost connection (`disconnect`, `stall`) with the `connect` that
 * names the same last recorded moment, or else with the next one. A `refused` attempt opens an interruption only when
 * none is open: it is otherwise an attempt to end it. With redundant connections each slot is judged for itself: that
 * another one is open, or opens, brings back none.
 *
 * @param endOfRows time of the last archived row; what is open then has no row about its end
 */
export function interruptions(gaps: readonly GapRow[], endOfRows: number): readonly Interruption[] {
  const open: Loss[] = [];
  const found: Interruption[] = [];
  const settle = (loss: Loss, recoveredAt: number | null, endedAt: number | null): void => {
    open.splice(open.indexOf(loss), 1);
    found.push({
      reason: loss.row.reason,
      connectionId: loss.row.connection_id,
      lostAt: Date.parse(loss.row.at),
      recoveredAt,
      endedAt,
    });
  };
  for (const row of [...gaps].sort((a, b) => a.sequence - b.sequence)) {
    // Beside a slot's own connection: it is opened for a while and never again.
    if (isBeside(row.connection_id ?? '')) continue;
    if (row.reason === 'disconnect' || row.reason === 'stall') {
      // A connection is lost once, also where a stall and the end that it led to both have a row.
      const known = open.some((loss) => loss.row.connection_id === row.connection_id);
      if (!known || row.connection_id === null) open.push({ row });
    }
    if (row.reason === 'refused' && !open.some((loss) => sameSlot(loss.row, row))) {
      open.push({ row });
    }
    if (row.reason === 'connect') {
      const own = open.filter((loss) => sameSlot(loss.row, row));
      const named = own.find((loss) => row.since !== null && loss.row.since === row.since);
      const loss = named ?? own[0];
      if (loss !== undefined) settle(loss, Date.parse(row.at), null);
    }
    if (row.reason === 'shutdown' || row.reason === 'crash') {
      for (const loss of [...open]) settle(loss, null, Date.parse(row.at));
    }
  }
  for (const loss of [...open]) settle(loss, null, endOfRows);
  return found.sort((a, b) => a.lostAt - b.lostAt);
}

/** The recorder calls the third connection of its second slot `ws2-3`. */
const SLOT = /^(.+)-\d+$/;

/** True unless the rows belong to different slots; a row that names none may belong to any. */
function sameSlot(one: GapRow, other: GapRow): boolean {
  const [slot, otherSlot] = [one, other].map((row) => SLOT.exec(row.connection_id ?? '')?.[1]);
  return slot === undefined || otherSlot === undefined || slot === otherSlot;
}
