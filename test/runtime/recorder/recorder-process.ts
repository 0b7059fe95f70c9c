import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { until } from './feed-server.ts';

const MAIN = fileURLToPath(new URL('../../../runtime/main.ts', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly child: ChildProcess;
  readonly exit: Promise<Exit>;
  stdout(): string;
  stderr(): string;
}

export interface RecorderProcess extends Program {
  readonly runId: string;
  /** Base address of probes and metrics. */
  readonly url: string;
  metric(name: string): Promise<number>;
}

/**
 * Starts the real program, from a test or its beforeEach. End it with `program.child.kill(…)` and await `exit`; what a
 * test leaves that was cut short is killed.
 */
export function startProgram(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Program {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const exit = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, exit, stdout: () => stdout, stderr: () => stderr };
}

/** Starts the real recorder against `feed` and waits until its probes are served. */
export async function startRecorder(options: {
  readonly dataRoot: string;
  readonly feed: {
    readonly gammaUrl: string;
    readonly clobUrl: string;
    readonly websocketUrl: string;
  };
  readonly overrides?: Readonly<Record<string, object>>;
}): Promise<RecorderProcess> {
  const { gammaUrl, clobUrl, websocketUrl } = options.feed;
  const config = join(options.dataRoot, 'config.yaml');
  writeFileSync(config, 'http: {port: 0}\n');
  const program = startProgram(['recorder', `--config=${config}`, `--data=${options.dataRoot}`], {
    ORDERBOOKS_CONFIG_OVERRIDES: JSON.stringify({
      feed: { gammaUrl, clobUrl, websocketUrl },
      discovery: { interval: '500ms' },
      ...options.overrides,
      recorder: {
        reconnectInitial: '20ms',
        reconnectMaximum: '100ms',
        ...options.overrides?.['recorder'],
      },
    }),
  });
  let ended: Exit | null = null;
  void program.exit.then((exit) => {
    ended = exit;
  });
  const served = () => /"port":(\d+),"msg":"probes/.exec(program.stdout())?.[1];
  await until('the probes', () => {
    if (ended !== null) {
      throw new Error(
        `the recorder ended: ${JSON.stringify(ended)} ${program.stdout()} ${program.stderr()}`,
      );
    }
    return served() !== undefined;
  });
  const url = `http://127.0.0.1:${served()}`;
  return {
    ...program,
    url,
    runId: /"run_id":"([0-9a-f]+)"/.exec(program.stdout())?.[1] ?? '',
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
    },
  };
}
