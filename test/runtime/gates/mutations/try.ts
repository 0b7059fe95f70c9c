import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Mutation } from './candidates.ts';

export const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
/** A mutation may wait for something that never comes: then the gate would end by its deadline, and nothing passes. */
const HANGS_AFTER_MS = 120_000;

/** Which expectation of the gates' tests a mutation breaks; null if none: nobody would notice. */
export function tryMutation({
  file,
  source,
}: Pick<Mutation, 'file' | 'source'>): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('judge.ts', import.meta.url), {
      workerData: { file: join(ROOT, file), source, check: checkIn(file) },
    });
    const limit = setTimeout(() => settle('it never ends'), HANGS_AFTER_MS);
    const settle = (broken: string | null) => {
      clearTimeout(limit);
      worker.terminate().then(() => resolve(broken), reject);
    };
    worker.once('message', settle);
    worker.once('error', (error) => settle(`it ends with ${String(error)}`));
  });
}

/** A check decides about itself alone: what is said of others need not be asked. */
function checkIn(file: string): string | null {
  return /\/checks\/([a-z-]+)\.ts$/.exec(file)?.[1] ?? null;
}
