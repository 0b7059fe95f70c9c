import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests as `npm test` runs them, but loaded by Node itself, so that a changed source reaches the processes they start too. */
export default defineConfig({
  root: fileURLToPath(new URL('../../../../', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
    bail: 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    experimental: { viteModuleRunner: false, nodeLoader: false },
  },
});
