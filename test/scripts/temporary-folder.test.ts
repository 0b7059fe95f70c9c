import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { makeTemporaryFolder } from '../../scripts/temporary-folder.ts';

const made: string[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function make(): Promise<string> {
  const folder = await makeTemporaryFolder('orderbooks-test-');
  made.push(folder);
  return folder;
}

test('a temporary folder is where TMPDIR says, whatever memory there is', async () => {
  const place = mkdtempSync(join(tmpdir(), 'orderbooks-test-place-'));
  made.push(place);
  vi.stubEnv('TMPDIR', place);
  expect(dirname(await make())).toBe(place);
});

test('a temporary folder is new each time, in memory or the usual place, and nobody else may read it', async () => {
  vi.stubEnv('TMPDIR', '');
  const [one, other] = [await make(), await make()];
  expect(one).not.toBe(other);
  expect(['/dev/shm', tmpdir()]).toContain(dirname(one));
  expect(statSync(one).mode & 0o777).toBe(0o700);
});
