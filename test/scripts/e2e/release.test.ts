import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mainOf, publishChange, removeBranches } from '../../../scripts/e2e/release.ts';
import { git } from '../../../scripts/git.ts';

test('what a run pushed is known by its trailer and removed again, but for the default branch', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-e2e-test-'));
  try {
    const pushUrl = join(folder, 'forge.git');
    const environment = {
      GIT_AUTHOR_NAME: 'test',
      GIT_AUTHOR_EMAIL: 'test@example.com',
      GIT_COMMITTER_NAME: 'test',
      GIT_COMMITTER_EMAIL: 'test@example.com',
    };
    const place = (at: string) => ({
      folder: at,
      home: folder,
      ceiling: folder,
      environment,
      now: new Date(0),
    });
    await git(place(folder), 'init', '--quiet', '--bare', '--initial-branch=main', pushUrl);
    const { signal } = new AbortController();
    const forge = { pushUrl, folder, signal, runId: 'run-1' };
    expect(await mainOf(forge)).toBeNull();
    const work = join(folder, 'work');
    await mkdir(work);
    await git(place(work), 'init', '--quiet', '--initial-branch=main');
    await writeFile(join(work, 'values.yaml'), 'a: 1\n');
    await git(place(work), 'add', '--all');
    await git(place(work), 'commit', '--quiet', '--message', 'first');
    await git(
      place(work),
      'push',
      '--quiet',
      pushUrl,
      'HEAD:refs/heads/main',
      'HEAD:refs/heads/stage/canary',
    );
    await publishChange(forge, 'Change', [
      { kind: 'value', file: 'values.yaml', path: 'a', value: 2, why: 'a test' },
    ]);
    expect(await mainOf(forge)).toContain('E2e-Run: run-1');
    expect(await removeBranches(forge)).toEqual(['main']);
    expect(await git(place(folder), 'ls-remote', '--heads', pushUrl)).toMatch(/refs\/heads\/main$/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
