import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

it('the packed validator runs below node_modules, where Node takes out no types', async () => {
  const home = await mkdtemp(join(tmpdir(), 'orderbooks-package-'));
  try {
    const folder = join(home, 'node_modules', 'orderbooks-validate');
    const made = node(join(ROOT, 'scripts/validate/package.ts'), folder);
    expect(made.status, made.stderr).toBe(0);
    const { dependencies } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    for (const name of Object.keys(dependencies)) {
      const link = join(home, 'node_modules', name);
      await mkdir(join(link, '..'), { recursive: true });
      await symlink(join(ROOT, 'node_modules', name), link);
    }
    const run = node(join(folder, 'bin.js'), join(ROOT, 'test/invalid/unknown-step'));
    expect(run.stdout).toMatch(/^kargo\/promotiontask\.yaml:8:11: error kargo\/unknown-step: /);
    expect(run.status, run.stderr).toBe(1);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}, 120_000);

function node(...words: string[]) {
  return spawnSync(process.execPath, words, { encoding: 'utf8' });
}
