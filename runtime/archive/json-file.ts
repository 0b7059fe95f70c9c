import { join } from 'node:path';
import { nodeDisk, replaceFile } from './disk.ts';

/** Replaces the JSON file at `path`, relative to the data root, by `value`. */
export async function keepJson(dataRoot: string, path: string, value: unknown): Promise<void> {
  await replaceFile(nodeDisk, join(dataRoot, path), `${JSON.stringify(value, null, 2)}\n`);
}
