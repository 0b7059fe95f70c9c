import { fileURLToPath } from 'node:url';

const SHARED = fileURLToPath(new URL('../../shared/', import.meta.url));

/** Absolute path of a file of the material beside the repository (recorded answers, schemas, real frames). */
export function sharedPath(path: string): string {
  return `${SHARED}${path}`;
}
