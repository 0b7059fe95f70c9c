import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  mainOf,
  publishChange,
  publishRelease,
  removeBranches,
} from '../../../scripts/e2e/release.ts';
import { git } from '../../../scripts/git.ts';

test('what a run pushed is known by its trailer and removed again, but for the default branch', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-e2e-test-'));
  try {
    const pushUrl = join(folder, 'forge.git');
    const place = placesIn(folder);
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

test('the same tree in another run is another release: Kargo makes no Freight of a commit without a change', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-e2e-test-'));
  try {
    const pushUrl = join(folder, 'forge.git');
    const place = placesIn(folder);
    await git(place(folder), 'init', '--quiet', '--bare', '--initial-branch=main', pushUrl);
    const workingTree = join(folder, 'tree');
    for (const overlay of ['canary', 'full']) {
      await mkdir(join(workingTree, 'gitops/overlays', overlay), { recursive: true });
      await writeFile(join(workingTree, 'gitops/overlays', overlay, 'kustomization.yaml'), '{}\n');
    }
    await git(place(workingTree), 'init', '--quiet');
    await git(place(workingTree), 'add', '--all');
    const releaseOf = async (runId: string) => {
      const home = await mkdtemp(join(folder, 'run-'));
      const { signal } = new AbortController();
      const forge = { pushUrl, workingTree, folder: home, runId, changes: [], signal };
      const common = { imageRepository: 'registry.example.com/e2e', buildCommand: 'true' };
      await publishRelease({ ...forge, ...common }, 1, null);
      return git(place(join(home, 'version-1')), 'rev-parse', 'HEAD^{tree}');
    };
    expect(await releaseOf('run-1')).not.toBe(await releaseOf('run-2'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function placesIn(folder: string) {
  const environment = {
    GIT_AUTHOR_NAME: 'test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  };
  const common = { home: folder, ceiling: folder, environment, now: new Date(0) };
  return (at: string) => ({ ...common, folder: at });
}
