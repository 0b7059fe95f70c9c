import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dockerfile-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the base is a digest, and Debian is that of one moment', async () => {
  const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  expect(text).toMatch(/^ARG NODE_IMAGE=\S+:[\w.-]+@sha256:[0-9a-f]{64}$/m);
  expect(text).toMatch(/^ARG DEBIAN_SNAPSHOT=\d{8}T\d{6}Z$/m);
  expect(text.match(/^FROM (.*)$/gm)).toEqual([
    'FROM ${NODE_IMAGE} AS dependencies',
    'FROM ${NODE_IMAGE}',
  ]);
});

test("the compile cache has the same bytes each time, and a process without the build's options takes it", async () => {
  const options = await fillOptions();
  const module = join(ROOT, 'runtime/config/load.ts');
  const fill = (name: string, words: readonly string[], debug: NodeJS.ProcessEnv = {}) =>
    promisify(execFile)(process.execPath, [...words, '--import', module, '--eval', '0'], {
      env: { ...process.env, ...debug, NODE_COMPILE_CACHE: join(folder, name) },
    });
  await fill('one', options);
  await fill('two', options);
  const bytes = async (name: string) => {
    const files = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
    const all = files
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name));
    return Promise.all(
      all
        .toSorted()
        .map(async (file) => [file.slice(folder.length + 4), await readFile(file, 'hex')]),
    );
  };
  expect(await bytes('one')).toEqual(await bytes('two'));
  const { stdout, stderr } = await fill('one', [], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
  expect(`${stdout}${stderr}`).toMatch(/load\.ts was accepted/);
});

test('no garbage is collected while the compile cache is filled, because the cache would tell when', async () => {
  const fill = join(ROOT, 'runtime/process/fill-compile-cache.ts');
  const words = [...(await fillOptions()), '--trace-gc', fill];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') },
  });
  expect(stdout.match(/ ms: (Scavenge|Mark-Compact).*/g)).toBeNull();
}, 120_000);

async function fillOptions(): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
  const fill = /^RUN node (.*) \/app\/runtime\/process\/fill-compile-cache\.ts/m.exec(text);
  return fill?.[1]?.split(' ') ?? [];
}
