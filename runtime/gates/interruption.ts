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
 * none is open: it is otherwise an attempt to end it.
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
    if (row.reason === 'disconnect' || row.reason === 'stall') {
      // A connection is lost once, also where a stall and the end that it led to both have a row.
      const known = open.some((loss) => loss.row.connection_id === row.connection_id);
      if (!known || row.connection_id === null) open.push({ row });
    }
    if (row.reason === 'refused' && open.length === 0) open.push({ row });
    if (row.reason === 'connect') {
      const named = open.find((loss) => row.since !== null && loss.row.since === row.since);
      const loss = named ?? open[0];
      if (loss !== undefined) settle(loss, Date.parse(row.at), null);
    }
    if (row.reason === 'shutdown' || row.reason === 'crash') {
      for (const loss of [...open]) settle(loss, null, Date.parse(row.at));
    }
  }
  for (const loss of [...open]) settle(loss, null, endOfRows);
  return found.sort((a, b) => a.lostAt - b.lostAt);
}
