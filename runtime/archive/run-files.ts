import { join } from 'node:path';
import type { Logger } from '../observability/logger.ts';
import { nodeDisk, replaceFile } from './disk.ts';
import { compactStamp, DISCOVERY_FOLDER, dayFolder, RUN_MANIFEST_FOLDER } from './layout.ts';
import type { RunManifest } from './manifest.ts';

/** Keeps the manifests of one run below `dataRoot`: the run's own is replaced, those of discovery are added. */
export function runFiles(
  dataRoot: string,
  component: RunManifest['component'],
  runId: string,
): {
  readonly keepRun: (manifest: RunManifest) => Promise<void>;
  readonly keepDiscovery: (manifest: object, at: Date) => Promise<void>;
} {
  const keep = (path: string, value: object) =>
    replaceFile(nodeDisk, join(dataRoot, path), `${JSON.stringify(value, null, 2)}\n`);
  return {
    keepRun: (manifest) => keep(`${RUN_MANIFEST_FOLDER}/${component}_${runId}.json`, manifest),
    keepDiscovery: (manifest, at) =>
      keep(`${DISCOVERY_FOLDER}/${dayFolder(at)}/${component}_${compactStamp(at)}.json`, manifest),
  };
}

/** Manifests are a help; what is received is the work. A full disk must not end the run over one of them. */
export async function keptOrLogged(
  keeping: Promise<void>,
  logger: Logger,
  work: 'recording' | 'collecting',
): Promise<void> {
  try {
    await keeping;
  } catch (error) {
    logger.error({ err: error }, `a manifest could not be written; ${work} goes on`);
  }
}
