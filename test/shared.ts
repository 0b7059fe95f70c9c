import { existsSync } from 'node:fs';
import { describe, it } from 'vitest';
import { sharedPath } from './shared-path.ts';

// Programs that are no test (npm run recordings) need the path without vitest.
export { sharedPath };

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
