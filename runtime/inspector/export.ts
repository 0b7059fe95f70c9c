import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { exists } from '../archive/disk.ts';
import { describe } from '../archive/measure.ts';
import { readArchive } from '../archive/reader.ts';
import { ConfigurationError } from '../config/error.ts';
import { type FrameArchives, frameArchives } from './frame-archives.ts';
import { findMarket, type MarketIds } from './market-ids.ts';

export interface ExportOptions extends FrameArchives {
  /** Slug, condition id or token id. */
  readonly market: string;
  /** File to make, packed if its name ends in `.gz`; standard output if not said. */
  readonly output?: string;
}

export interface ExportResult {
  readonly market: MarketIds;
  readonly archives: number;
  readonly frames: number;
  /** Gap rows of the archives that were read: frames of the market may be missing there. */
  readonly gaps: number;
  /** What could not be read of the archives, in words. */
  readonly problems: readonly string[];
}

/**
 * Writes the rows of every frame that names a market, byte for byte as they stand in the archives and in their order:
 * one a line, as `simulate --replay` takes them. A frame that names other markets too is written whole.
 *
 * An output file appears under its name once it is whole. Throws `ConfigurationError` for an unknown market, no
 * archives, or an output that exists.
 */
export async function exportFrames(
  options: ExportOptions,
  stdout: Writable = process.stdout,
): Promise<ExportResult> {
  const { dataRoot, output } = options;
  if (output !== undefined && (await exists(output))) {
    throw new ConfigurationError('USAGE', `--output: expected a new file, ${output} exists`);
  }
  const market = await findMarket(dataRoot, options.market);
  const archives = await frameArchives(options);
  const sink = output === undefined ? openStream(stdout) : openFile(output);
  let [frames, gaps] = [0, 0];
  const problems: string[] = [];
  try {
    const names = namesIn(market);
    for (const path of archives) {
      const read = await readArchive(join(dataRoot, path), {
        async onRows(rows) {
          let lines = '';
          for (const { row, text } of rows) {
            if (row.type === 'gap') gaps++;
            if (row.type !== 'frame' || !names.some((name) => row.raw_text.includes(name)))
              continue;
            frames++;
            lines += `${text}\n`;
          }
          if (lines !== '') await sink.write(lines);
        },
      });
      problems.push(...read.problems.map((problem) => `${path}: ${describe(problem)}`));
    }
    await sink.end(frames > 0);
  } catch (error) {
    await sink.end(false);
    throw error;
  }
  return { market, archives: archives.length, frames, gaps, problems };
}

/** As they stand in a frame: between quotes, so that no longer number matches. */
function namesIn({ conditionId, tokens }: MarketIds): string[] {
  return [...(conditionId === null ? [] : [conditionId]), ...tokens].map((id) => `"${id}"`);
}

interface Sink {
  write(text: string): Promise<void>;
  /** Keeps what was written, or leaves nothing behind. */
  end(keep: boolean): Promise<void>;
}

function openStream(stream: Writable): Sink {
  return { write: (text) => writeTo(stream, text), end: async () => undefined };
}

function openFile(path: string): Sink {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(3).toString('hex')}.tmp`);
  const file = createWriteStream(temporary, { flags: 'wx' });
  const head = path.endsWith('.gz') ? createGzip() : file;
  const done = finished(file);
  // An error of the file is told by the next write or by `end`.
  done.catch(() => undefined);
  if (head !== file) {
    head.pipe(file as Writable);
    file.on('error', (error) => head.destroy(error));
    head.on('error', () => undefined);
  }
  return {
    write: (text) => writeTo(head, text),
    async end(keep) {
      try {
        if (!keep) return;
        head.end();
        await done;
        await rename(temporary, path);
      } finally {
        head.destroy();
        file.destroy();
        await rm(temporary, { force: true });
      }
    },
  };
}

function writeTo(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
