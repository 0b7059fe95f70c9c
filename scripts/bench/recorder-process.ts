import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../runtime/main.ts', import.meta.url));
const FILL_CACHE = fileURLToPath(
  new URL('../../runtime/process/fill-compile-cache.ts', import.meta.url),
);
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

export interface BenchRecorder {
  /** Processor time used so far, in seconds. */
  cpuSeconds(): number;
  /** Resident memory in MB. */
  residentMb(): number;
  metric(name: string): Promise<number>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the real recorder as the image does, and waits until it serves its metrics. */
export async function startBenchRecorder(
  dataRoot: string,
  overrides: Readonly<Record<string, object>>,
): Promise<BenchRecorder> {
  // As the image has it: see the Dockerfile.
  const environment = {
    ...process.env,
    NODE_COMPILE_CACHE: join(dataRoot, 'compile-cache'),
    MALLOC_ARENA_MAX: '2',
  };
  execFileSync(process.execPath, [FILL_CACHE], { env: environment, stdio: 'ignore' });
  const config = join(dataRoot, 'config.yaml');
  writeFileSync(config, 'http: {port: 0}\nlog: {level: info}\n');
  const child = spawn(
    process.execPath,
    [MAIN, 'recorder', `--config=${config}`, `--data=${dataRoot}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...environment, ORDERBOOKS_CONFIG_OVERRIDES: JSON.stringify(overrides) },
    },
  );
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const port = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-65_536);
      const found = /"port":(\d+),"msg":"probes/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exit.then((code) => reject(new Error(`the recorder ended with ${code}: ${text}`)));
  });
  const proc = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    cpuSeconds() {
      const fields = proc('stat').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    },
    residentMb: () => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))?.[1]) / 1024,
    async metric(name) {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
    },
    async stop() {
      child.kill('SIGTERM');
      return exit;
    },
  };
}
