import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkoutPlace, git } from '../../scripts/git.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-test-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test("in a checkout git knows what its caller's environment configures, and no message shows the token in it", async () => {
  vi.stubEnv('GIT_CONFIG_COUNT', '1');
  vi.stubEnv('GIT_CONFIG_KEY_0', 'http.https://git.example.com/.extraHeader');
  vi.stubEnv('GIT_CONFIG_VALUE_0', 'Authorization: Basic TopSecret');
  const place = checkoutPlace(folder, new AbortController().signal);
  await git(place, 'init', '--quiet');
  const told = await git(
    place,
    'config',
    '--get-urlmatch',
    'http.extraHeader',
    'https://git.example.com/',
  );
  expect(told).toBe('Authorization: Basic TopSecret');
  const error: unknown = await git(place, 'log', 'Authorization: Basic TopSecret').catch(
    (one) => one,
  );
  expect(String(error)).toContain('***');
  expect(String(error)).not.toContain('TopSecret');
});
