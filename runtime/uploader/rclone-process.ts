import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { redactText } from '../observability/redaction.ts';
import { UploadError } from './error.ts';

export interface RcloneRun {
  readonly exitCode: number;
  readonly stdout: string;
  /** The last errors that rclone logged, without secrets. */
  readonly errors: readonly string[];
  /** The kind of hash that `check` compared, or null if there was none, or none for some of the files. */
  readonly hash: string | null;
}

export interface RcloneOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: string) => void;
  /** Name or path of the program. */
  readonly program?: string;
  /** A connection without any bytes for this long is given up; two minutes if not said. */
  readonly silenceMs?: number;
  /** Inherited by rclone and nothing else: who else holds it sees by it whether rclone lives. */
  readonly descriptor?: number;
}

/** Enough to see why; the rest is in the remote's own records. */
const KEPT_ERRORS = 5;
/** After SIGTERM rclone has this long to stop before it is killed. */
const KILL_AFTER_MS = 5_000;

/**
 * Said to every rclone. Its configuration comes from the file that the environment variable RCLONE_CONFIG names, and
 * from nowhere else: arguments can be read by everybody on the machine.
 */
const COMMON_ARGUMENTS = [
  '--use-json-log',
  '--log-level=INFO',
  '--stats=10s',
  '--stats-one-line',
  '--contimeout=30s',
  '--retries=3',
] as const;
/** A remote that takes connections and is silent must not hold the uploader for hours. */
const SILENCE_MS = 120_000;

/**
 * Runs rclone. Rejects with `RCLONE_MISSING`, or `UPLOAD_INTERRUPTED` after the signal; not for an exit code. If this
 * process is killed, rclone ends with its next word of progress, which nobody reads any more (`--stats`).
 */
export async function runRclone(
  args: readonly string[],
  options: RcloneOptions = {},
): Promise<RcloneRun> {
  if (options.signal?.aborted) throw interrupted();
  const timeout = `--timeout=${options.silenceMs ?? SILENCE_MS}ms`;
  const inherited = options.descriptor === undefined ? [] : [options.descriptor];
  // The types know three descriptors only.
  const child = spawn(options.program ?? 'rclone', [...args, ...COMMON_ARGUMENTS, timeout], {
    stdio: ['ignore', 'pipe', 'pipe', ...inherited],
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let killTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    killTimer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  options.signal?.addEventListener('abort', stop, { once: true });
  const stdout: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => stdout.push(piece));
  const errors: string[] = [];
  const hashes = new HashUse();
  createInterface({ input: child.stderr }).on('line', (line) => {
    const entry = parseLog(line);
    hashes.note(entry.text);
    if (entry.isError) {
      errors.push(redactText(entry.text));
      if (errors.length > KEPT_ERRORS) errors.shift();
    } else if (entry.isStats) options.onProgress?.(redactText(entry.text));
  });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) => reject(startFailure(error)));
      child.once('close', (code) => resolve(code ?? -1));
    });
    if (options.signal?.aborted) throw interrupted();
    return { exitCode, stdout: Buffer.concat(stdout).toString('utf8'), errors, hash: hashes.kind };
  } finally {
    clearTimeout(killTimer);
    options.signal?.removeEventListener('abort', stop);
  }
}

/**
 * rclone marks files without a comparable hash as equal once their sizes are, and says so only in its log. Words it
 * does not say, or would say differently one day, lead to null: then the copies are read.
 */
class HashUse {
  #kind: string | null = null;
  #isWhole = true;

  note(text: string): void {
    this.#kind ??= /^Using (\S+) for hash comparisons$/.exec(text)?.[1] ?? null;
    if (/hashes could not be checked|No common hash/.test(text)) this.#isWhole = false;
  }

  get kind(): string | null {
    return this.#isWhole ? this.#kind : null;
  }
}

interface LogEntry {
  readonly text: string;
  readonly isError: boolean;
  readonly isStats: boolean;
}

/** rclone logs JSON lines, except for a last word in plain text when it fails. */
function parseLog(line: string): LogEntry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { text: line, isError: / Failed to |ERROR|Fatal/.test(line), isStats: false };
  }
  const entry = value as {
    readonly level?: unknown;
    readonly msg?: unknown;
    readonly object?: unknown;
    readonly stats?: unknown;
  };
  const object = typeof entry.object === 'string' && entry.object !== '' ? `${entry.object}: ` : '';
  return {
    text: `${object}${typeof entry.msg === 'string' ? entry.msg.trim() : line}`,
    isError: entry.level === 'error' || entry.level === 'critical',
    isStats: entry.stats !== undefined,
  };
}

function startFailure(error: NodeJS.ErrnoException): UploadError {
  if (error.code !== 'ENOENT') {
    return new UploadError('RCLONE_FAILED', `rclone: cannot be started: ${error.message}`, {
      cause: error,
    });
  }
  return new UploadError(
    'RCLONE_MISSING',
    'expected the program rclone, which uploader.remote.type rclone needs; it is not installed. Install it (Debian: apt-get install rclone; macOS: brew install rclone; otherwise https://rclone.org/install/), or use uploader.remote.type directory.',
    { cause: error },
  );
}

function interrupted(): UploadError {
  return new UploadError('UPLOAD_INTERRUPTED', 'the uploader was told to stop; rclone was ended');
}
