import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { git } from '../../../scripts/git.ts';
import { type GitServer, serveGit } from '../../../scripts/smoke/git-server.ts';

let folder: string;
let server: GitServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-server-'));
  await mkdir(join(folder, 'served'));
  await run(folder, 'init', '--quiet', '--bare', '--initial-branch=main', 'served/orderbooks.git');
  server = await serveGit(join(folder, 'served'), '127.0.0.1');
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function run(place: string, ...words: readonly string[]): Promise<string> {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@b'];
  return git(
    { folder: place, home: folder, ceiling: folder, environment: {}, now: new Date(0) },
    ...who,
    ...words,
  );
}

test('what is pushed over HTTP can be cloned, also more than fits into one piece', async () => {
  const url = `http://127.0.0.1:${server.port}/orderbooks.git`;
  await run(folder, 'clone', '--quiet', url, 'one');
  const one = join(folder, 'one');
  // Of bytes that do not compress, so that the push is sent in chunks.
  for (let index = 0; index < 20; index++) {
    const piece = Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)));
    await writeFile(join(one, `large-${index}`), piece);
  }
  await run(one, 'add', '.');
  await run(one, 'commit', '--quiet', '--message', 'Large');
  await run(one, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
  await run(folder, 'clone', '--quiet', '--branch=main', url, 'two');
  const head = await run(one, 'rev-parse', 'HEAD');
  expect(await run(join(folder, 'two'), 'rev-parse', 'HEAD')).toBe(head);
});

test('a repository that is not there, and a path out of the folder, are refused', async () => {
  for (const path of ['none.git', '..%2fone']) {
    const answer = await fetch(
      `http://127.0.0.1:${server.port}/${path}/info/refs?service=git-upload-pack`,
    );
    expect(answer.ok).toBe(false);
    await answer.arrayBuffer();
  }
});
