import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules, stripTypeScriptTypes } from 'node:module';
import { dirname, join, posix, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/**
 * Packs the validator as a package of its own, orderbooks-validate: Node runs TypeScript everywhere but below
 * node_modules, where npx puts what it runs. Types are taken out by Node itself; nothing is bundled or translated.
 * Writes dist/validate and, beside it, the tarball, and prints the tarball's path; with a folder as its argument, writes the
 * package there and no tarball.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DIST = join(ROOT, 'dist');
const [, , folder] = process.argv;
const PACKAGE = folder === undefined ? join(DIST, 'validate') : resolve(folder);
const ENTRY = 'scripts/validate/main.ts';
/** What the program reads besides its code, and the pages that findings name. */
const DATA = ['schemas', 'docs/rules'];
/** Never loaded by it: only promotion steps that send something import it, when they do. */
const NOT_NEEDED: ReadonlySet<string> = new Set(['undici']);
/** Oldest Node that all of its packages are for. */
const NODE = '>=22.12';

/** `from '…'`, `import '…'` and `import('…')`, each in three parts. */
const IMPORTS = /(\bfrom\s+'|^import\s+'|\bimport\(')([^'\n]+)(')/gm;

const manifest = z
  .object({
    version: z.string(),
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));

rmSync(PACKAGE, { recursive: true, force: true });
const packages = new Set<string>();
const waiting = [ENTRY];
const written = new Set<string>();
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  if (written.has(file)) continue;
  written.add(file);
  const code = stripTypeScriptTypes(readFileSync(join(ROOT, file), 'utf8'));
  const home = posix.dirname(file);
  const output = code.replace(IMPORTS, (whole, before: string, from: string, after: string) => {
    if (!from.startsWith('.')) {
      if (!builtinModules.includes(from.replace(/^node:/, ''))) packages.add(packageOf(from));
      return whole;
    }
    waiting.push(posix.join(home, from));
    return `${before}${from.replace(/\.ts$/, '.js')}${after}`;
  });
  write(file.replace(/\.ts$/, '.js'), output);
}
for (const data of DATA) cpSync(join(ROOT, data), join(PACKAGE, data), { recursive: true });
const ranges = { ...manifest.devDependencies, ...manifest.dependencies };
const needed = [...packages].filter((name) => !NOT_NEEDED.has(name)).toSorted();
write('bin.js', `#!/usr/bin/env node\nimport './${ENTRY.replace(/\.ts$/, '.js')}';\n`);
write(
  'package.json',
  `${JSON.stringify(
    {
      name: 'orderbooks-validate',
      version: manifest.version,
      description: 'Finds what Kargo, Argo CD and Argo Rollouts would report in production',
      type: 'module',
      bin: { 'orderbooks-validate': 'bin.js' },
      engines: { node: NODE },
      dependencies: Object.fromEntries(needed.map((name) => [name, ranges[name]])),
    },
    null,
    2,
  )}\n`,
);
if (folder === undefined) pack();

function pack(): void {
  const { status, stdout } = spawnSync(
    'npm',
    ['pack', '--silent', '--pack-destination', DIST, PACKAGE],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status === 0) process.stdout.write(`${join('dist', stdout.trim())}\n`);
  process.exitCode = status ?? 1;
}

function packageOf(specifier: string): string {
  const [scope = '', name] = specifier.split('/');
  return scope.startsWith('@') && name !== undefined ? `${scope}/${name}` : scope;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(PACKAGE, path)), { recursive: true });
  writeFileSync(join(PACKAGE, path), text);
}
