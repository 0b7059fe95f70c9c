import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { OrderbooksError } from '../errors.ts';
import { messageOf } from '../thrown.ts';

const LINE_FEED = 0x0a;

/** A recorded frame. `at` is its time in milliseconds, or null when the file does not say. */
export interface ReplayFrame {
  readonly text: string;
  readonly at: number | null;
}

/**
 * Reads recorded frames, in the order of the file. A line is one of
 * - a row of our archives, or any record with `raw_text`: that text;
 * - a record with `kind` and `text`, as some captures have: the text, if `kind` is `recv` and it is not binary;
 * - anything else: the frame itself, as it stands.
 * A file that is one JSON document over several lines is one frame, as it stands.
 *
 * `.gz` files are unpacked while reading. Throws SIMULATOR_REPLAY_UNREADABLE with the file and line.
 */
export async function* replayFrames(file: string): AsyncGenerator<ReplayFrame> {
  let line = 0;
  try {
    for await (const text of linesOf(file)) {
      line += 1;
      const whole = line === 1 ? await wholeDocument(file, text) : null;
      if (whole !== null) {
        yield { text: whole, at: frameTime(whole) };
        return;
      }
      const frame = text === '' ? null : frameOf(text);
      if (frame !== null) yield frame;
    }
  } catch (error) {
    throw unreadable(file, line, error);
  }
}

/** Reads a file to its end, to learn before serving it that it can be read. Returns its number of frames. */
export async function countReplayFrames(file: string): Promise<number> {
  let frames = 0;
  for await (const _frame of replayFrames(file)) frames += 1;
  if (frames === 0) {
    throw new OrderbooksError(
      'SIMULATOR_REPLAY_EMPTY',
      `expected recorded frames in ${file}, one a line, got none`,
    );
  }
  return frames;
}

/** A message that somebody saved in a form for reading is small. */
const LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024;

/** The content of a file whose first line begins a JSON document that only the whole file ends; null for any other. */
async function wholeDocument(file: string, firstLine: string): Promise<string | null> {
  if (file.endsWith('.gz') || !/^\s*[[{]/.test(firstLine) || isJson(firstLine)) return null;
  if ((await stat(file)).size > LARGEST_DOCUMENT_BYTES) return null;
  const text = await readFile(file, 'utf8');
  return isJson(text) ? text : null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Lines between line feeds and nothing else: a frame may hold any other kind of line break. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const bytes = file.endsWith('.gz') ? createGunzip() : null;
  const input =
    bytes === null ? source : source.on('error', (error) => bytes.destroy(error)).pipe(bytes);
  let rest: Buffer[] = [];
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        yield Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8');
        rest = [];
        start = end + 1;
      }
      if (start < chunk.length) rest.push(chunk.subarray(start));
    }
    if (rest.length > 0) yield Buffer.concat(rest).toString('utf8');
  } finally {
    source.destroy();
    bytes?.destroy();
  }
}

function frameOf(line: string): ReplayFrame | null {
  const record = recordOf(line);
  if (record === null) return { text: line, at: frameTime(line) };
  if (typeof record['raw_text'] === 'string') {
    if ('type' in record && record['type'] !== 'frame') return null;
    return { text: record['raw_text'], at: recordTime(record) };
  }
  if (typeof record['kind'] === 'string') {
    const received = record['kind'] === 'recv' && record['binary'] !== true;
    if (!received || typeof record['text'] !== 'string') return null;
    return { text: record['text'], at: recordTime(record) };
  }
  // Rows of our archives that carry no frame.
  const rows = ['segment', 'gap', 'checkpoint', 'end'];
  if (!('event_type' in record) && rows.includes(String(record['type']))) return null;
  return { text: line, at: frameTime(line) };
}

function recordOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // A frame need not be JSON; it is served as it stands.
    return null;
  }
}

/** Receive time of a record: ISO text, or seconds or milliseconds since 1970. */
function recordTime(record: Readonly<Record<string, unknown>>): number | null {
  for (const key of ['received_at', 't']) {
    const value = record[key];
    if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return Date.parse(value);
    if (typeof value === 'number') return value > 1e11 ? value : value * 1000;
  }
  return null;
}

/** The latest `timestamp` a frame carries: all there is when nobody noted when it came. */
function frameTime(frame: string): number | null {
  let latest: number | null = null;
  for (const match of frame.matchAll(/"timestamp"\s*:\s*"(\d{13})"/g)) {
    latest = Math.max(latest ?? 0, Number(match[1]));
  }
  return latest;
}

function unreadable(file: string, line: number, cause: unknown): OrderbooksError {
  const seen = messageOf(cause);
  return new OrderbooksError(
    'SIMULATOR_REPLAY_UNREADABLE',
    `expected a readable file of recorded frames, got ${seen} in ${file} after line ${line}; give JSON lines, plain or .gz (a torn archive must be salvaged first)`,
    { cause },
  );
}
