import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url).pathname;
/** What a program that needs the names loads before anything else. */
const SOURCES = [
  'scripts/settings',
  'scripts/command-line.ts',
  'runtime/errors.ts',
  'runtime/thrown.ts',
];

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'orderbooks-names-'));
  for (const path of SOURCES) await cp(join(ROOT, path), join(root, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  await mkdir(join(root, 'settings'));
  await writeFile(join(root, 'package.json'), '{"type":"module"}');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function namesWith(text: string | null) {
  if (text !== null) await writeFile(join(root, 'settings/settings.env'), text);
  const program =
    "const { PROJECT } = await import('./scripts/settings/names.ts'); console.log(PROJECT);";
  const options = { cwd: root, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', program],
    options,
  );
  return { status, stdout, stderr };
}

describe('the names of this checkout', () => {
  it('are there whatever else is wrong with the settings', async () => {
    expect(await namesWith('repoURL=nowhere\nproject=books\n')).toMatchObject({
      status: 0,
      stdout: 'books\n',
    });
  });

  it.each([
    ['names that cannot be', 'project=Books\n', 'project: expected the name of a namespace'],
    ['one name for two', 'project=orderbooks\n', 'expected three different names'],
    ['no file', null, 'settings/settings.env'],
  ])('end the program with one line where there are %s', async (_what, text, says) => {
    const { status, stdout, stderr } = await namesWith(text);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^SETTINGS_INVALID: .*\n$/);
    expect(stderr).toContain(says);
  });
});
