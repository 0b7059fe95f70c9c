import type { LedgerSink } from '../../runtime/simulator/ledger.ts';
import type { SentFrames } from '../../runtime/simulator/settlement.ts';

/** Enough of a SHA-256 to tell some million frames apart; a whole one of each would fill the memory in two hours. */
export const DIGEST_CHARACTERS = 16;

/** One connection as the simulator's ledger tells it. */
export interface SentConnection extends SentFrames {
  readonly number: number;
  readonly openedAt: number;
  readonly digests: string[];
  flushed: number | null;
  closedAt: number | null;
}

/** The simulator's ledger, held only until a connection is settled. */
export class SentLedger {
  readonly #connections = new Map<number, SentConnection>();
  frames = 0;

  readonly sink: LedgerSink = (record) => {
    if (record.type === 'open') {
      this.#connections.set(record.connection, {
        number: record.connection,
        openedAt: record.at,
        digests: [],
        flushed: null,
        closedAt: null,
      });
      return;
    }
    const connection = this.#connections.get(record.connection);
    if (connection === undefined) return;
    if (record.type === 'frame') {
      this.frames++;
      connection.digests.push(record.sha256.slice(0, DIGEST_CHARACTERS));
    } else {
      connection.flushed = record.flushed;
      connection.closedAt = record.at;
    }
  };

  /** Connections that are not settled yet. */
  get unsettled(): readonly SentConnection[] {
    return [...this.#connections.values()];
  }

  settled(connection: SentConnection): void {
    this.#connections.delete(connection.number);
  }
}
