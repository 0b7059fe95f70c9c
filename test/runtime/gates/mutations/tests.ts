import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutation } from './candidates.ts';
import type { Trial } from './try.ts';

/** Tests of a subject take seconds; on a very busy machine minutes. */
const TESTS_END_WITHIN_MS = 300_000;
/** Vitest's exit code for tests that are red, which is also that for tests that could not be loaded. */
const RED = 1;

/** Runs `tests` with one source changed, in a process of their own and in all that they start, until the first is red. */
export async function askTests(
  root: string,
  { file, source }: Pick<Mutation, 'file' | 'source'>,
  tests: readonly string[],
): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-mutation-'));
  try {
    const change = join(folder, 'change.json');
    await writeFile(change, JSON.stringify({ file: join(root, file), source }));
    return await run(root, tests, {
      ...process.env,
      TMPDIR: folder,
      NO_COLOR: '1',
      ORDERBOOKS_CHANGED_SOURCE: change,
      NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'replace-source.ts')).href}`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(root: string, tests: readonly string[], env: NodeJS.ProcessEnv): Promise<Trial> {
  const config = join(import.meta.dirname, 'vitest.config.ts');
  return new Promise((resolve, reject) => {
    // A group of its own, so that what runs for ever is ended with all that it started.
    const vitest = spawn(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', config, ...tests],
      { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const end = (): void => {
      if (vitest.pid !== undefined) process.kill(-vitest.pid, 'SIGKILL');
    };
    process.once('exit', end);
    let said = '';
    for (const stream of [vitest.stdout, vitest.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    let late = false;
    const limit = setTimeout(() => {
      late = true;
      end();
    }, TESTS_END_WITHIN_MS);
    vitest.once('error', reject);
    vitest.once('close', (code) => {
      clearTimeout(limit);
      process.off('exit', end);
      if (late) resolve({ noticed: 'for ever', by: tests.join(' ') });
      else if (code === 0) resolve({ noticed: 'no' });
      else if (code === RED) resolve({ noticed: 'red', by: firstRed(said) });
      else
        reject(
          new Error(`expected vitest to end with 0 or ${RED}, got ${code}: ${said.slice(-2000)}`),
        );
    });
  });
}

function firstRed(said: string): string {
  return /^\s*(?:FAIL|Error:)\s+(.+)$/m.exec(said)?.[1]?.trim() ?? said.slice(-200).trim();
}
