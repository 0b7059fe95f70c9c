import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { injectFaults } from '../../../scripts/upload-faults/run.ts';

const found = spawnSync('sh', ['-c', 'command -v rclone'], { encoding: 'utf8' }).stdout.trim();
const rclone = found === '' ? null : found;
const title =
  rclone === null
    ? 'uploads under faults (those of rclone skipped because rclone is not installed: apt-get install rclone)'
    : 'uploads under faults';

/** `npm run upload-faults` injects a thousand; these take some seconds. */
const COUNT = 40;

describe(title, () => {
  const bundle = process.env['AWS_CA_BUNDLE'];
  // rclone 1.60 cannot use S3 at all where this is set.
  beforeAll(() => void delete process.env['AWS_CA_BUNDLE']);
  afterAll(() => {
    if (bundle !== undefined) process.env['AWS_CA_BUNDLE'] = bundle;
  });

  it('lose no archive, call nothing verified that is not, and finish once the faults are over', async () => {
    const result = await injectFaults({ count: COUNT, seed: 2026, rclone, workers: 1 });
    expect(result.injected).toBe(COUNT);
    expect(result.violations).toEqual([]);
    expect(result.unfinished).toEqual([]);
    const failed = [...result.ends].filter(([end]) => end.endsWith('UPLOAD_FAILED'));
    expect(failed.length).toBeGreaterThan(0);
  }, 300_000);
});
