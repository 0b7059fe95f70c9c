import { type ChildProcess, spawn } from 'node:child_process';
import { ClusterError } from './failure.ts';

export interface Answer {
  /** Exit code; 1 when a signal ended the program. */
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface ProgramOptions {
  /** Goes to standard input: the only way by which secrets may reach a program. */
  readonly input?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
}

const ADVICE: Readonly<Record<string, string>> = {
  kubectl: 'https://kubernetes.io/docs/tasks/tools/',
  helm: 'https://helm.sh/docs/intro/install/',
};
/** Between asking a program to end and ending it, milliseconds. */
const KILL_AFTER_MS = 5_000;

/**
 * Runs a program to its end. A non-zero exit code is an answer, not an error; so is having been ended by somebody, or
 * after `timeoutMs`, which the answer's `error` says.
 *
 * @throws ClusterError PROGRAM_MISSING, or the signal's own reason
 */
export async function runProgram(
  program: string,
  words: readonly string[],
  options: ProgramOptions,
): Promise<Answer> {
  const { signal, timeoutMs } = options;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
    });
    const limit = limited(child, { timeoutMs, signal, killAfterMs: KILL_AFTER_MS });
    const out: Buffer[] = [];
    const error: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => error.push(piece));
    child.on('error', (cause) => {
      limit.lift();
      reject(notStarted(program, cause));
    });
    child.on('close', (code, endedBy) => {
      limit.lift();
      if (signal.aborted) return reject(signal.reason);
      const said = Buffer.concat(error).toString('utf8');
      const late = limit.reached() ? `no answer within ${timeoutMs / 1000} s` : null;
      const why = late ?? (endedBy === null ? null : `ended by ${endedBy}`);
      resolve({
        code: late === null ? (code ?? 1) : 1,
        out: Buffer.concat(out).toString('utf8'),
        error: why === null ? said : `${said}\n${why}`.trim(),
      });
    });
    // The program may end before it has read everything; its exit code then says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Asks a child to end after a time or when the signal is aborted, and ends it where it has not `killAfterMs` later. */
export function limited(
  child: Pick<ChildProcess, 'kill'>,
  {
    timeoutMs,
    signal,
    killAfterMs,
  }: { readonly timeoutMs: number; readonly signal: AbortSignal; readonly killAfterMs: number },
): {
  /** Whether its time was over. */
  reached(): boolean;
  /** To be called when it has ended. */
  lift(): void;
} {
  let late = false;
  let kill: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    kill ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  return {
    reached: () => late,
    lift() {
      clearTimeout(timer);
      clearTimeout(kill);
      signal.removeEventListener('abort', end);
    },
  };
}

function notStarted(program: string, cause: Error): ClusterError {
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === 'ENOENT'
      ? `is not on PATH; install it (${ADVICE[program] ?? 'see its own pages'})`
      : `cannot be started: ${cause.message}`;
  return new ClusterError('PROGRAM_MISSING', `${program} ${why}`, { cause });
}
