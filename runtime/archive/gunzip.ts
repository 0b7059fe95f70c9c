import { type FileHandle, open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';

/** What is wrong with a gzip file. */
export interface GunzipProblem {
  /** `truncated` (or empty): all is well except that the end is missing. */
  readonly kind: 'truncated' | 'damaged' | 'trailing';
  /** In words. */
  readonly text: string;
}

/** What became of a gzip file. */
export interface GunzipResult {
  /** Null if it is whole. */
  readonly problem: GunzipProblem | null;
  /** Its compressed bytes. */
  readonly bytes: number;
}

export interface GunzipHandlers {
  /** Every compressed byte of the file, in order and once. */
  readonly onCompressed?: (piece: Buffer) => void;
  /** Every plain byte that can be had, in order and once; the buffer is the handler's to keep. */
  readonly onPlain: (chunk: Buffer) => void | Promise<void>;
}

/**
 * Compressed bytes given to zlib at once. When one piece fails, zlib keeps what it had already made of it; the piece
 * is then given again in smaller ones, down to single bytes, so that everything before the damage comes out.
 */
const PIECE_BYTES = [65_536, 512, 1] as const;
/**
 * Room for what some pieces of JSON become. When it is full zlib's thread waits for the thread that looks at rows, and
 * then that one for zlib: rarely, if it is large.
 */
const OUTPUT_CHUNK_BYTES = 1_048_576;

export interface GunzipLimits {
  /** Plain bytes that are made of any file. */
  readonly freeBytes: number;
  /** Beyond them, plain bytes that are made of one compressed byte. */
  readonly expansion: number;
}

/**
 * Rows shrink to between a fifth and a thirtieth, because each has a time and a hash of its own; gzip can pack a
 * thousand times. Whoever unpacks a small file for an hour learns nothing from it that its beginning does not tell.
 */
const LIMITS: GunzipLimits = { freeBytes: 1_073_741_824, expansion: 200 };

/**
 * Decompresses the file at `path`, also a torn or damaged one. While zlib's thread inflates one piece, the handlers
 * look at the one before. Rejects only when the file cannot be read, or when a handler throws.
 */
export async function gunzipFile(
  path: string,
  handlers: GunzipHandlers,
  limits: GunzipLimits = LIMITS,
): Promise<GunzipResult> {
  const file = await open(path, 'r');
  try {
    let pass = await inflate(file, { handlers, limits, delivered: 0, fineFrom: 0, piece: 0 });
    const { bytes } = pass;
    for (let piece = 1; piece < PIECE_BYTES.length && pass.failure?.kind === 'damage'; piece++) {
      const { delivered, failedAt } = pass;
      const onPlain = handlers.onPlain;
      const fine = { handlers: { onPlain }, limits, delivered, fineFrom: failedAt, piece };
      pass = await inflate(file, fine);
    }
    return { problem: problemOf(pass, bytes), bytes };
  } finally {
    await file.close();
  }
}

interface PassOptions {
  readonly handlers: GunzipHandlers;
  readonly limits: GunzipLimits;
  /** Plain bytes that an earlier pass handed over. */
  readonly delivered: number;
  /** From this compressed byte on pieces are of size `PIECE_BYTES[piece]`. */
  readonly fineFrom: number;
  readonly piece: number;
}

interface Pass {
  readonly failure: Failure | null;
  /** Where the piece that failed starts. */
  readonly failedAt: number;
  /** Compressed bytes that belong to the gzip data. */
  readonly consumed: number;
  /** Plain bytes handed over so far, those of earlier passes included. */
  readonly delivered: number;
  /** Compressed bytes of the file; counted in the first pass only. */
  readonly bytes: number;
}

async function inflate(file: FileHandle, options: PassOptions): Promise<Pass> {
  const { handlers, limits, fineFrom, piece } = options;
  const inflater = new Inflater();
  let skip = options.delivered;
  let delivered = options.delivered;
  let failedAt = 0;
  let position = 0;
  const deliver = async (chunks: readonly Buffer[]): Promise<void> => {
    for (const chunk of chunks) {
      const fresh = chunk.subarray(Math.min(skip, chunk.length));
      skip -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      delivered += fresh.length;
      await handlers.onPlain(fresh);
    }
  };
  const read = (from: number): Promise<Buffer> => {
    const reading = readPiece(file, from, pieceSize(from, fineFrom, piece));
    // It is awaited below, unless something else fails before.
    reading.catch(() => undefined);
    return reading;
  };
  try {
    let reading = read(0);
    while (true) {
      const bytes = await reading;
      if (bytes.length === 0) break;
      const writing = inflater.write(bytes);
      reading = read(position + bytes.length);
      handlers.onCompressed?.(bytes);
      await deliver(inflater.take());
      const wasGood = inflater.failure === null;
      await writing;
      if (wasGood && inflater.failure !== null) failedAt = position;
      position += bytes.length;
      const most = Math.max(limits.freeBytes, position * limits.expansion);
      if (delivered > most) inflater.giveUp(`expands to more than ${most} bytes`);
      // The first pass reads on: the file is counted and hashed to its end.
      if (inflater.failure !== null && piece > 0) break;
    }
    await inflater.end();
    await deliver(inflater.take());
    const { failure, consumed } = inflater;
    return { failure, failedAt, consumed, delivered, bytes: position };
  } finally {
    inflater.destroy();
  }
}

function pieceSize(position: number, fineFrom: number, piece: number): number {
  if (position < fineFrom) return Math.min(PIECE_BYTES[0], fineFrom - position);
  return PIECE_BYTES[piece] ?? 1;
}

async function readPiece(file: FileHandle, position: number, size: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(buffer, filled, size - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function problemOf({ failure, consumed }: Pass, bytes: number): GunzipProblem | null {
  if (bytes === 0) return { kind: 'truncated', text: 'gzip: the file is empty' };
  if (failure === null) {
    if (consumed === bytes) return null;
    const more = bytes - consumed;
    const text = `gzip: ${more} bytes of something else follow the end at byte ${consumed}`;
    return { kind: 'trailing', text };
  }
  if (failure.kind === 'excess') {
    const text = `gzip: ${failure.message}, far more than rows do; not read further`;
    return { kind: 'damaged', text };
  }
  if (failure.kind === 'end') {
    const text = `gzip: truncated: the file ends in the middle, after byte ${bytes}`;
    return { kind: 'truncated', text };
  }
  if (failure.message === 'incorrect data check' || failure.message === 'incorrect length check') {
    const text = `gzip: bad checksum (${failure.message}): something before byte ${consumed} is damaged`;
    return { kind: 'damaged', text };
  }
  const text = `gzip: damaged at byte ${consumed} of ${bytes}: ${failure.message}`;
  return { kind: 'damaged', text };
}

interface Failure {
  readonly message: string;
  /** `end`: all is well except that the end is missing. `excess`: too much came of it. */
  readonly kind: 'damage' | 'end' | 'excess';
}

/** zlib's inflater with explicit steps. */
class Inflater {
  readonly #gunzip = createGunzip({ chunkSize: OUTPUT_CHUNK_BYTES });
  #output: Buffer[] = [];
  #done = false;
  #wake: () => void = () => undefined;
  failure: Failure | null = null;

  constructor() {
    this.#gunzip.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#gunzip.on('error', (error: NodeJS.ErrnoException) => {
      const kind = error.code === 'Z_BUF_ERROR' ? 'end' : 'damage';
      this.failure ??= { message: error.message, kind };
      this.#wake();
    });
    // zlib ends by itself, without a word to whoever waits for a write, when zeros follow the gzip data.
    this.#gunzip.on('end', () => {
      this.#done = true;
      this.#wake();
    });
  }

  get consumed(): number {
    return this.#gunzip.bytesWritten;
  }

  write(bytes: Buffer): Promise<void> {
    return this.#step(() => this.#gunzip.write(bytes, () => this.#wake()));
  }

  end(): Promise<void> {
    return this.#step(() => this.#gunzip.end());
  }

  /** Plain bytes that came since the last call. */
  take(): Buffer[] {
    const taken = this.#output;
    this.#output = [];
    return taken;
  }

  /** Takes nothing more. */
  giveUp(message: string): void {
    this.failure ??= { message, kind: 'excess' };
  }

  destroy(): void {
    this.#gunzip.destroy();
  }

  async #step(start: () => void): Promise<void> {
    if (this.failure !== null || this.#done) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      start();
    });
  }
}
