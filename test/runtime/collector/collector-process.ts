import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CycleManifest, cycleManifest } from '../../../runtime/archive/manifest.ts';
import { type Program, startProgram } from '../recorder/recorder-process.ts';

/** Starts the real program, collecting from the service at `url`. */
export function startCollector(
  command: 'collector' | 'collect',
  dataRoot: string,
  url: string,
  overrides: Readonly<Record<string, object>> = {},
): Program {
  const config = join(dataRoot, 'config.yaml');
  writeFileSync(config, 'http: {port: 0}\n');
  return startProgram([command, `--config=${config}`, `--data=${dataRoot}`], {
    ORDERBOOKS_REVISION: 'a'.repeat(40),
    ORDERBOOKS_IMAGE: 'registry.example.com/orderbooks@sha256:1',
    POD_NAME: 'collector-1',
    ORDERBOOKS_CONFIG_OVERRIDES: JSON.stringify({
      ...overrides,
      feed: { gammaUrl: url, clobUrl: url, requestTimeout: '300ms', ...overrides['feed'] },
      discovery: { cadences: ['5m', '15m'], ...overrides['discovery'] },
      collector: {
        interval: '50ms',
        attempts: 2,
        retryInitial: '1ms',
        retryMaximum: '5ms',
        ...overrides['collector'],
      },
    }),
  });
}

/** The cycle manifests below `dataRoot`, oldest first. */
export function cyclesOf(dataRoot: string): CycleManifest[] {
  return filesBelow(dataRoot, 'manifests/cycles', '.json')
    .map((path) => cycleManifest.parse(JSON.parse(readFileSync(join(dataRoot, path), 'utf8'))))
    .sort((a, b) => a.started_at.localeCompare(b.started_at) || a.cycle - b.cycle);
}

/** Paths relative to `dataRoot`; half-written files are none. */
export function filesBelow(dataRoot: string, folder: string, ending: string): string[] {
  try {
    return readdirSync(join(dataRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith(ending) && !path.split('/').at(-1)?.startsWith('.'))
      .map((path) => `${folder}/${path}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
