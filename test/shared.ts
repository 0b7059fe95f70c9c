import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';

const SHARED = fileURLToPath(new URL('../../shared/', import.meta.url));

/** Absolute path of a file of the material beside the repository (recorded answers, schemas, real frames). */
export function sharedPath(path: string): string {
  return `${SHARED}${path}`;
}

/**
 * `describe` for tests that are judged by the material in `../shared`. Where it is absent they skip and say so;
 * in CI, where it must be there, they fail instead.
 */
export function describeWithShared(name: string, path: string, tests: () => void): void {
  if (existsSync(sharedPath(path)) || process.env['CI'] !== undefined) {
    describe(name, tests);
    return;
  }
  // The body is not even called: it may read the absent files while it declares its tests.
  describe(name, () => {
    it.skip(`skipped because ../shared/${path} is not here`, () => undefined);
  });
}
