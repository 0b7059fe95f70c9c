import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SoakError } from './error.ts';

const MAIN = fileURLToPath(new URL('../../runtime/main.ts', import.meta.url));
/** A process that does not serve its probes by then has failed. */
const START_LIMIT_MS = 15_000;
/** More than the recorder allows itself, less than anybody's patience. */
const STOP_LIMIT_MS = 40_000;
const SCRAPE_LIMIT_MS = 5_000;

/** Counters and gauges by their names in the exposition, labels included, without `orderbooks_recorder_`. */
export type Metrics = ReadonlyMap<string, number>;

/** The real program as a process of its own. */
export class RecorderProcess {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  #ended = false;

  private constructor(child: ChildProcess, url: string, exit: RecorderProcess['exit']) {
    this.#child = child;
    this.#url = url;
    this.exit = exit;
    void exit.then(() => {
      this.#ended = true;
    });
  }

  /** Starts it with `settings` as its configuration; its log goes to `recorder.log` in `folder`. */
  static async start(folder: string, dataRoot: string, settings: object): Promise<RecorderProcess> {
    const config = join(folder, 'config.yaml');
    // JSON is YAML.
    await writeFile(config, `${JSON.stringify(settings, null, 2)}\n`);
    const child = spawn(
      process.execPath,
      [MAIN, 'recorder', `--config=${config}`, `--data=${dataRoot}`],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'] },
        // A group of its own: who interrupts the soak at a terminal must not stop the recorder before its time.
        detached: true,
      },
    );
    const log = createWriteStream(join(folder, 'recorder.log'));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const exit = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.once('close', (code, signal) => {
        log.end();
        resolve({ code, signal });
      });
    });
    const port = await servedPort(child, exit);
    return new RecorderProcess(child, `http://127.0.0.1:${port}`, exit);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Null while it does not answer. */
  async metrics(): Promise<Metrics | null> {
    try {
      const answer = await fetch(`${this.#url}/metrics`, {
        signal: AbortSignal.timeout(SCRAPE_LIMIT_MS),
      });
      return parseMetrics(await answer.text());
    } catch {
      // A process that stands still or has ended does not answer; who asks looks again or sees the end.
      return null;
    }
  }

  /** Resident memory in bytes; null where the system does not say. */
  async memory(): Promise<number | null> {
    try {
      const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8');
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
      return kilobytes === undefined ? null : Number(kilobytes) * 1024;
    } catch {
      // Not Linux, or the process has just ended.
      return null;
    }
  }

  /** The process stands still for `milliseconds`, as under a debugger or a starved machine. */
  standStill(milliseconds: number): void {
    if (this.#ended || !this.#child.kill('SIGSTOP')) return;
    setTimeout(() => this.#child.kill('SIGCONT'), milliseconds);
  }

  /** SIGTERM, and SIGKILL if that is not enough. Resolves to how it ended. */
  async stop(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    this.#child.kill('SIGCONT');
    this.#child.kill('SIGTERM');
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    return this.exit.finally(() => clearTimeout(limit));
  }
}

async function servedPort(child: ChildProcess, exit: Promise<unknown>): Promise<number> {
  let text = '';
  let timer: NodeJS.Timeout | undefined;
  const port = new Promise<number>((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new SoakError(
          'SOAK_RECORDER_NOT_STARTED',
          `expected the recorder to serve its probes, ${why}: ${text}`,
        ),
      );
    child.stdout?.on('data', (chunk: Buffer) => {
      if (text.length < 20_000) text += chunk;
      const found = /"port":(\d+),"msg":"probes/.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    void exit.then(() => fail('it ended'));
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`nothing came in ${START_LIMIT_MS} ms`);
    }, START_LIMIT_MS);
  });
  return port.finally(() => clearTimeout(timer));
}

export function parseMetrics(text: string): Metrics {
  const metrics = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    const value = Number(line.slice(space + 1));
    if (space > 0 && !Number.isNaN(value)) {
      metrics.set(line.slice(0, space).replace('orderbooks_recorder_', ''), value);
    }
  }
  return metrics;
}
