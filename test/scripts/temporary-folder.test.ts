import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
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

test('what a dead process left behind is removed after an hour, and nothing else', async () => {
  const place = mkdtempSync(join(tmpdir(), 'orderbooks-test-place-'));
  made.push(place);
  vi.stubEnv('TMPDIR', place);
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  const hoursAgo = (hours: number) => Date.now() / 1000 - hours * 3600;
  const old = { abandoned: dead, alive: process.pid, fresh: dead } as const;
  for (const [name, pid] of Object.entries(old)) {
    const folder = join(place, `orderbooks-test-${pid}-${name}`);
    mkdirSync(join(folder, 'inside'), { recursive: true });
    const at = hoursAgo(name === 'fresh' ? 0 : 2);
    utimesSync(folder, at, at);
  }
  for (const name of [`orderbooks-other-${dead}-x`, 'orderbooks-test-mine']) {
    mkdirSync(join(place, name));
    utimesSync(join(place, name), hoursAgo(2), hoursAgo(2));
  }
  const one = await make();
  const left = readdirSync(place).map((name) => join(place, name));
  expect(left.filter((folder) => folder !== one).sort()).toEqual(
    [
      `orderbooks-other-${dead}-x`,
      `orderbooks-test-${dead}-fresh`,
      `orderbooks-test-${process.pid}-alive`,
      'orderbooks-test-mine',
    ]
      .map((name) => join(place, name))
      .sort(),
  );
});
