import { hash } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { OrderbooksError } from '../errors.ts';

/** Why a connection ended. `client` covers a close frame, a vanished peer and a broken network. */
export const ENDINGS = [
  'client',
  'reset',
  'cut',
  'idle',
  'slow_consumer',
  'resolved',
  'going_away',
  'normal',
  'invalid_reason',
  'shutdown',
] as const;
export type Ending = (typeof ENDINGS)[number];

/**
 * What was sent, as it was sent. Times are milliseconds of the simulator's clock.
 *
 * A frame is recorded when it is handed to the socket. At `close`, frames with a sequence below `flushed` had left
 * the process for the kernel; those from `flushed` to `handed` were cut off inside it. Whether flushed frames reached
 * the client depends on how it ended: after `reset` what the kernel still held is lost, and nobody knows how much that
 * was. After the other endings it was still sent, unless the kernel reset the connection by itself, as it does when
 * bytes of the client were unread.
 */
export type LedgerRecord =
  | {
      readonly type: 'open';
      readonly connection: number;
      readonly at: number;
      readonly local_port: number;
      readonly remote_port: number;
    }
  | {
      readonly type: 'frame';
      readonly connection: number;
      /** Counts the text frames of this connection from 0. */
      readonly sequence: number;
      readonly at: number;
      readonly bytes: number;
      /** Of the frame's UTF-8 bytes. */
      readonly sha256: string;
    }
  | {
      readonly type: 'close';
      readonly connection: number;
      readonly at: number;
      readonly ended: Ending;
      /** Close code that was seen, 1006 when there was none. */
      readonly code: number;
      readonly handed: number;
      readonly flushed: number;
      /** Frames that waited behind the socket and were never handed to it. */
      readonly unsent: number;
    };

export type LedgerSink = (record: LedgerRecord) => void;

export function frameDigest(text: string): string {
  return hash('sha256', text, 'hex');
}

/** One connection as the ledger tells it. */
export interface LedgerConnection {
  readonly number: number;
  readonly remotePort: number;
  readonly frames: readonly Extract<LedgerRecord, { type: 'frame' }>[];
  /** Null while it is open. */
  readonly close: Extract<LedgerRecord, { type: 'close' }> | null;
}

/** Puts records together per connection: `const ledger = new Ledger(); startSimulator({ ledger: ledger.sink })`. */
export class Ledger {
  readonly #connections = new Map<
    number,
    {
      number: number;
      remotePort: number;
      frames: Extract<LedgerRecord, { type: 'frame' }>[];
      close: Extract<LedgerRecord, { type: 'close' }> | null;
    }
  >();

  readonly sink: LedgerSink = (record) => {
    if (record.type === 'open') {
      const { connection: number, remote_port: remotePort } = record;
      this.#connections.set(number, { number, remotePort, frames: [], close: null });
      return;
    }
    const connection = this.#connections.get(record.connection);
    if (connection === undefined) {
      throw new OrderbooksError(
        'LEDGER_OUT_OF_ORDER',
        `expected an "open" record of connection ${record.connection} first, got ${JSON.stringify(record.type)}`,
      );
    }
    if (record.type === 'frame') connection.frames.push(record);
    else connection.close = record;
  };

  get connections(): readonly LedgerConnection[] {
    return [...this.#connections.values()];
  }
}

/** A ledger in a file: one record a line, in the order of happening. */
export class LedgerFile {
  readonly #file: string;
  readonly #stream: WriteStream;
  #failure: Error | null = null;

  private constructor(file: string, stream: WriteStream) {
    this.#file = file;
    this.#stream = stream;
    stream.on('error', (error) => {
      this.#failure = error;
    });
  }

  static async create(file: string): Promise<LedgerFile> {
    const stream = createWriteStream(file);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (error) => reject(unwritable(file, error)));
    });
    return new LedgerFile(file, stream);
  }

  readonly sink: LedgerSink = (record) => {
    this.#stream.write(`${JSON.stringify(record)}\n`);
  };

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.end(() => resolve()));
    if (this.#failure !== null) throw unwritable(this.#file, this.#failure);
  }
}

function unwritable(file: string, cause: Error): OrderbooksError {
  return new OrderbooksError(
    'SIMULATOR_LEDGER_UNWRITABLE',
    `expected to write the ledger ${file}, got ${cause.message}; name a file in an existing folder with room`,
    { cause },
  );
}
