import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { OrderbooksError } from '../../runtime/errors.ts';

/** Names of a kustomization file, in the order in which kustomize looks for them. */
export const KUSTOMIZATION_NAMES = [
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
] as const;

/**
 * The one kustomization file of a folder; a link does not count.
 * `shown` is how the folder is called in messages. Throws KUSTOMIZATION_MISSING or KUSTOMIZATION_AMBIGUOUS.
 */
export function findKustomization(folder: string, shown: string): string {
  const files = KUSTOMIZATION_NAMES.map((name) => join(folder, name)).filter(
    (path) => lstatOf(path)?.isFile() ?? false,
  );
  const [file, ...others] = files;
  if (file === undefined) {
    throw new OrderbooksError(
      'KUSTOMIZATION_MISSING',
      `could not find any Kustomization files in ${JSON.stringify(shown)}`,
    );
  }
  if (others.length > 0) {
    throw new OrderbooksError(
      'KUSTOMIZATION_AMBIGUOUS',
      `ambiguous result: found multiple Kustomization files in ${JSON.stringify(shown)}: [${files.join(' ')}]`,
    );
  }
  return file;
}

function lstatOf(path: string): ReturnType<typeof lstatSync> | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    // A folder that is missing, or a file where a folder should be, has no kustomization either.
    if (error instanceof Error && 'code' in error && ABSENT.has(String(error.code)))
      return undefined;
    throw error;
  }
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR']);
