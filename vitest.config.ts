import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/compiled-sources.ts',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Vitest would leave one of two cores to itself; our tests mostly wait.
    maxWorkers: 2,
    // Tests that run whole rehearsals side by side mostly wait; more than three would starve two cores.
    maxConcurrency: 3,
  },
});
