import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ProcessRequest {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Both streams, line by line, as a container runtime keeps them. */
  readonly logFile: string;
  readonly onLine: (line: string) => void;
}

export interface Exit {
  /** As a container runtime reports it: 128 + signal number for a process ended by a signal. */
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | null;
  /** Why it never started, if it did not. */
  readonly startProblem: string | null;
}

export interface RunningProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** To the process alone, as Kubernetes signals a container's first process. */
  signal(signal: NodeJS.Signals): void;
  /** SIGKILL to the process and everything that it started. */
  kill(): void;
}

/** Numbers of the signals that end processes here; others are reported as 128. */
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** What a container runtime reports if the first process cannot be started. */
const START_FAILED = 128;

/** Starts Node processes in process groups of their own, and guarantees that none of them outlives this process. */
export class ProcessTable {
  readonly #nodeBinary: string;
  readonly #reaper: ChildProcess;
  readonly #running = new Set<RunningProcess>();

  private constructor(nodeBinary: string, reaper: ChildProcess) {
    this.#nodeBinary = nodeBinary;
    this.#reaper = reaper;
  }

  static async start(nodeBinary: string): Promise<ProcessTable> {
    const reaper = spawn(nodeBinary, [fileURLToPath(new URL('reaper.ts', import.meta.url))], {
      detached: true,
      env: {},
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    await once(reaper, 'spawn');
    // Its death must not turn a write into an exception; `stop` sees it.
    reaper.stdin?.on('error', () => {});
    reaper.unref();
    return new ProcessTable(nodeBinary, reaper);
  }

  get running(): ReadonlySet<RunningProcess> {
    return this.#running;
  }

  /** Starts a Node process. One that cannot be started exits with 128 and says why. */
  run(request: ProcessRequest): RunningProcess {
    const log = openSync(request.logFile, 'a');
    const child = spawn(this.#nodeBinary, request.arguments, {
      cwd: request.folder,
      detached: true,
      env: { ...request.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const pid = child.pid ?? 0;
    if (pid > 1) this.#reaper.stdin?.write(`+${pid}\n`);
    const killGroup = (): void => {
      if (pid > 1) signalGroup(pid);
    };
    const exited = outcome(child, killGroup);
    const streams = [child.stdout, child.stderr].map((stream) => keepLines(stream, log, request));
    const ended = exited.then(async (exit) => {
      await Promise.all(streams);
      closeSync(log);
      this.#running.delete(running);
      if (pid > 1) this.#reaper.stdin?.write(`-${pid}\n`);
      return exit;
    });
    const running: RunningProcess = {
      pid,
      exited: ended,
      signal: (signal) => child.kill(signal),
      kill: killGroup,
    };
    this.#running.add(running);
    return running;
  }

  /** Kills whatever still runs, waits for it, and ends the reaper. */
  async stop(): Promise<void> {
    const left = [...this.#running];
    for (const each of left) each.kill();
    await Promise.all(left.map((each) => each.exited));
    if (this.#reaper.exitCode !== null || this.#reaper.signalCode !== null) return;
    this.#reaper.ref();
    const gone = once(this.#reaper, 'exit');
    this.#reaper.stdin?.end();
    await gone;
  }
}

function outcome(child: ChildProcess, killGroup: () => void): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      resolve({ exitCode: START_FAILED, signal: null, startProblem: error.message });
    });
    child.once('exit', (code, signal) => {
      // A container ends with its first process; what that left behind ends too, and frees the pipes.
      killGroup();
      const exitCode = code ?? START_FAILED + (SIGNAL_NUMBERS[signal ?? ''] ?? 0);
      resolve({ exitCode, signal, startProblem: null });
    });
  });
}

/** Resolves once the stream has ended and its lines are written. */
function keepLines(
  stream: NodeJS.ReadableStream | null,
  log: number,
  request: ProcessRequest,
): Promise<void> {
  if (stream === null) return Promise.resolve();
  let writable = true;
  return new Promise((resolve) => {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
      .on('line', (line) => {
        request.onLine(line);
        if (!writable) return;
        try {
          writeSync(log, `${line}\n`);
        } catch (error) {
          // A full disk ends the log file, not the process whose log it is.
          writable = false;
          request.onLine(`log file ${request.logFile} ends here: ${String(error)}`);
        }
      })
      .once('close', () => resolve());
  });
}

function signalGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: nothing is left of the group.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
