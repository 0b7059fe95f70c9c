import type { Stats } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { goQuote } from '../go-quote.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { type CopyConfig, validateConfig } from './config.ts';
import { goFile } from './go-file.ts';
import { type Ignores, ignoresOf } from './ignore-rules.ts';
import { during, outcome } from './outcome.ts';
import { inside, isInside } from './work-folder.ts';

const KIND = 'copy';

/** Copies a file, or a folder into a folder. Symbolic links and `.git` are left out. */
export const copy: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, () => copyAll(config as unknown as CopyConfig, context)),
};

async function copyAll(config: CopyConfig, { workDir }: StepContext): Promise<StepResult> {
  const { inPath, outPath, ignore = '' } = config;
  const from = inside(workDir, inPath);
  const to = inside(workDir, outPath);
  await during(`failed to copy ${goQuote(inPath)} to ${goQuote(outPath)}`, async () => {
    const entry = await goFile('lstat', nameOf(from, workDir), () => lstat(from));
    if (entry.isDirectory() && from !== to && isInside(from, to)) {
      // Kargo copies the copy again and again until a name is too long.
      throw new OrderbooksError(
        'COPY_INTO_ITSELF',
        `the target lies in the folder that is copied, so the copy never ends; choose an outPath outside ${inPath}`,
      );
    }
    const base = entry.isDirectory() ? from : dirname(from);
    await copyEntry(from, to, entry, { base, workDir, ignores: ignoresOf(ignore) });
  });
  return { status: 'Succeeded' };
}

interface Copying {
  /** Where the rules of what is left out begin. */
  readonly base: string;
  readonly workDir: string;
  readonly ignores: Ignores;
}

async function copyEntry(from: string, to: string, entry: Stats, copying: Copying): Promise<void> {
  const { base, ignores, workDir } = copying;
  const shown = nameOf(to, workDir);
  const path = from.slice(base.length + 1);
  if (entry.isSymbolicLink()) return;
  if (path !== '' && ignores(path, entry.isDirectory())) return;
  if (entry.isFile()) {
    await goFile('mkdir', shown, () => mkdir(dirname(to), { recursive: true }));
    await goFile('open', shown, () => copyFile(from, to));
    await chmod(to, entry.mode);
    return;
  }
  if (!entry.isDirectory()) return;
  await goFile('mkdir', shown, () => mkdir(to, { recursive: true }));
  for (const name of (await readdir(from)).toSorted()) {
    const child = join(from, name);
    await copyEntry(child, join(to, name), await lstat(child), copying);
  }
}

function nameOf(path: string, workDir: string): string {
  return path.slice(workDir.length + 1) || '.';
}
