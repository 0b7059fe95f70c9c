import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Ledger } from '../../runtime/simulator/ledger.ts';
import { startSimulator } from '../../runtime/simulator/simulator.ts';
import { Starvation, type Wait } from './starvation.ts';

const MAIN = fileURLToPath(new URL('../../runtime/main.ts', import.meta.url));
const FILL_CACHE = fileURLToPath(
  new URL('../../runtime/process/fill-compile-cache.ts', import.meta.url),
);
/** Short, so that kills also fall into the closing of archives. */
const OVERRIDES = {
  discovery: { interval: '500ms' },
  archive: { rotateAfter: '1s' },
  recorder: { checkpointInterval: '1s', reconnectInitial: '20ms', reconnectMaximum: '100ms' },
};
/** How long a run may take to its first frame, on a busy machine. */
const FED_LIMIT_MS = 60_000;
/** How long the last run may take to salvage what all others left. */
const SALVAGE_LIMIT_MS = 120_000;

/** One run of the recorder that was killed, and what it was sent until then. */
export interface Kill {
  /** Empty if it was killed before it said its run id. */
  readonly runId: string;
  /** Milliseconds since 1970, taken before the signal was sent. */
  readonly at: number;
  readonly sent: readonly { readonly at: number; readonly sha256: string }[];
  /** What its process had waited for until then. */
  readonly waits: readonly Wait[];
}

export interface KillSession {
  readonly kills: readonly Kill[];
  /** SHA-256 of every closed archive, taken right after the first kill that left it closed. */
  readonly closed: ReadonlyMap<string, string>;
}

/**
 * When to kill a run: so many milliseconds after it was started, or after it was sent its first frame, these without those
 * in which it waited for a processor.
 */
export interface Moment {
  readonly after: 'start' | 'first frame';
  readonly ms: number;
}

/**
 * Starts the real recorder on `dataRoot` again and again and kills it with SIGKILL at each of `moments`; then lets one
 * more run salvage everything and end in order. The simulator feeds it at `rate` steps a second and market.
 */
export async function killRepeatedly(options: {
  readonly dataRoot: string;
  readonly moments: readonly Moment[];
  readonly rate: number;
  readonly onKill?: (number: number) => void;
}): Promise<KillSession> {
  const { dataRoot, moments, rate } = options;
  const cache = { NODE_COMPILE_CACHE: join(dataRoot, 'compile-cache') };
  // Without it most of the time would go into translating TypeScript.
  execFileSync(process.execPath, [FILL_CACHE], {
    env: { ...process.env, ...cache },
    stdio: 'ignore',
  });
  const ledger = new Ledger();
  const simulator = await startSimulator({ ledger: ledger.sink, rate });
  const { gammaUrl, clobUrl, websocketUrl } = simulator;
  const overrides = { ...OVERRIDES, feed: { gammaUrl, clobUrl, websocketUrl } };
  const kills: Kill[] = [];
  const closed = new Map<string, string>();
  try {
    for (const [index, moment] of moments.entries()) {
      const before = ledger.connections.length;
      const run = startRun(dataRoot, overrides, cache);
      const starvation = new Starvation(run.child.pid ?? 0);
      if (moment.after === 'first frame') {
        await fed(() => (ledger.connections[before]?.frames.length ?? 0) > 0);
      }
      const from = Date.now();
      await wait(moment.ms);
      // Of a run on a starved machine a second by the clock is hardly a run.
      while (moment.after === 'first frame' && starvation.givenSince(from) < moment.ms)
        await wait(20);
      const at = Date.now();
      const waits = starvation.stop();
      run.child.kill('SIGKILL');
      await run.exit;
      const connections = ledger.connections.slice(before);
      kills.push({
        runId: run.runId(),
        at,
        // What was handed to the socket after the signal could not be received.
        sent: connections.flatMap(({ frames }) => frames.filter((frame) => frame.at <= at)),
        waits,
      });
      for (const path of closedArchives(dataRoot)) {
        if (!closed.has(path)) closed.set(path, digest(join(dataRoot, path)));
      }
      options.onKill?.(index + 1);
    }
    await salvageAll(dataRoot, overrides, cache);
  } finally {
    await simulator.close();
  }
  return { kills, closed };
}

/** Paths, relative to `dataRoot`, of its closed ws_raw archives. */
export function closedArchives(dataRoot: string): string[] {
  return rawFiles(dataRoot).filter((path) => path.endsWith('.jsonl.gz'));
}

export function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function rawFiles(dataRoot: string): string[] {
  return readdirSync(dataRoot, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes('/ws_raw/'))
    .sort();
}

/** Run manifests of which the process, dead or alive, did not say how it ended. */
function runsThatSayRunning(dataRoot: string): string[] {
  const folder = join(dataRoot, 'manifests/runs');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .filter((name) => readFileSync(join(folder, name), 'utf8').includes('"state": "running"'));
}

async function fed(hasFrames: () => boolean): Promise<void> {
  const deadline = Date.now() + FED_LIMIT_MS;
  while (!hasFrames()) {
    if (Date.now() > deadline) throw new Error(`no frame within ${FED_LIMIT_MS} ms of the start`);
    await wait(5);
  }
}

interface Run {
  readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  runId(): string;
  /** It records: also its handler of SIGTERM is in place. */
  started(): boolean;
}

function startRun(
  dataRoot: string,
  overrides: object,
  environment: Readonly<Record<string, string>>,
): Run {
  const config = join(dataRoot, 'config.yaml');
  writeFileSync(config, 'http: {port: 0}\n');
  const child = spawn(
    process.execPath,
    [MAIN, 'recorder', `--config=${config}`, `--data=${dataRoot}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...environment,
        ORDERBOOKS_CONFIG_OVERRIDES: JSON.stringify(overrides),
      },
    },
  );
  let runId = '';
  let started = false;
  child.stdout.on('data', (chunk: Buffer) => {
    const text = chunk.toString();
    runId ||= /"run_id":"([0-9a-f]+)"/.exec(text)?.[1] ?? '';
    started ||= text.includes('connection is open');
  });
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, exit, runId: () => runId, started: () => started };
}

/** One more run, until it has left nothing of earlier ones open; it must then end in order. */
async function salvageAll(
  dataRoot: string,
  overrides: object,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const run = startRun(dataRoot, overrides, environment);
  const deadline = Date.now() + SALVAGE_LIMIT_MS;
  const leftovers = () =>
    rawFiles(dataRoot).filter((path) => path.endsWith('.open') && !path.includes(run.runId()));
  const unsaid = () => runsThatSayRunning(dataRoot).filter((path) => !path.includes(run.runId()));
  while (!run.started() || leftovers().length > 0 || unsaid().length > 0) {
    if (Date.now() > deadline) {
      run.child.kill('SIGKILL');
      const left = [...leftovers(), ...unsaid()].join(', ');
      throw new Error(`not salvaged within ${SALVAGE_LIMIT_MS} ms: ${left}`);
    }
    await wait(100);
  }
  run.child.kill('SIGTERM');
  const code = await run.exit;
  if (code !== 0)
    throw new Error(`expected the last run to end in order, its exit code is ${code}`);
}
