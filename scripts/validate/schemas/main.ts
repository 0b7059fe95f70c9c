import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalogue } from './catalogue.ts';

/** Writes `schemas/`, or says with --check what is not as it would be written. */
const FOLDER = fileURLToPath(new URL('../../../schemas/', import.meta.url));

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const check = args.includes('--check');
  if (args.some((arg) => arg !== '--check')) {
    process.stderr.write('schemas: expected nothing or --check\n');
    return 2;
  }
  const wanted = await catalogue();
  const present = filesBelow(FOLDER);
  const changed = [...wanted].filter(([path, text]) => present.get(path) !== text);
  const surplus = [...present.keys()].filter((path) => !wanted.has(path));
  if (check) {
    for (const [path] of changed) {
      console.log(
        `schemas/${path}: ${present.has(path) ? 'is not what the definitions say' : 'is missing'}`,
      );
    }
    for (const path of surplus) console.log(`schemas/${path}: nothing defines it`);
    const count = changed.length + surplus.length;
    console.log(count === 0 ? `${wanted.size} schemas are up to date` : 'run: npm run schemas');
    return count === 0 ? 0 : 1;
  }
  for (const path of surplus) rmSync(join(FOLDER, path));
  for (const [path, text] of changed) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
    writeFileSync(join(FOLDER, path), text);
  }
  console.log(`${wanted.size} schemas, ${changed.length} written, ${surplus.length} removed`);
  return 0;
}

function filesBelow(folder: string): ReadonlyMap<string, string> {
  return new Map(
    readdirIfThere(folder).map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  );
}

function readdirIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.json'))
      .map((path) => path.replaceAll('\\', '/'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
