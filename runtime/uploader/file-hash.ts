import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** SHA-256 and size of the file at `path`, read in pieces. */
export async function hashFile(
  path: string,
  options: {
    readonly signal?: AbortSignal;
    readonly onPiece?: (piece: Buffer) => Promise<void>;
  } = {},
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = createReadStream(path, { highWaterMark: PIECE_BYTES });
  for await (const piece of stream as AsyncIterable<Buffer>) {
    options.signal?.throwIfAborted();
    hash.update(piece);
    bytes += piece.length;
    await options.onPiece?.(piece);
  }
  return { sha256: hash.digest('hex'), bytes };
}

const PIECE_BYTES = 1_048_576;
