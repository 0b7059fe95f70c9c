import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ARCHIVE_SUFFIX, RAW_FOLDER } from '../../runtime/archive/layout.ts';

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
  /** All that `/metrics` serves: the text before the value of each line, and the value. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Makes room on the disk of the benchmark; what is being written stays. */
  removeClosedArchives(): void;
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
    async metrics() {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      return new Map(
        lines.map((line) => {
          const space = line.lastIndexOf(' ');
          return [line.slice(0, space), Number(line.slice(space + 1))];
        }),
      );
    },
    removeClosedArchives() {
      const raw = join(dataRoot, RAW_FOLDER);
      for (const path of readdirSync(raw, { recursive: true, encoding: 'utf8' })) {
        if (path.endsWith(ARCHIVE_SUFFIX) && !basename(path).startsWith('.'))
          rmSync(join(raw, path));
      }
    },
    async stop() {
      child.kill('SIGTERM');
      return exit;
    },
  };
}
