import { chmod, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, normalize, relative } from 'node:path';
import { goQuote } from '../go-quote.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { type FileWriteConfig, validateConfig } from './config.ts';
import { goFile } from './go-file.ts';
import { during, outcome, StepEnd } from './outcome.ts';
import { inside } from './work-folder.ts';

const KIND = 'file-write';
const DEFAULT_MODE = 0o600;

/** Writes a text to a file of the work folder. It never writes through links, into `.git`, or over a file unasked. */
export const fileWrite: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, () => write(config as unknown as FileWriteConfig, context)),
};

async function write(config: FileWriteConfig, { workDir }: StepContext): Promise<StepResult> {
  const { path, contents, overwrite = false } = config;
  const file = placeFor(path, workDir);
  const mode = modeOf(config.permissions ?? '');
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (exists && !overwrite) {
    throw refused(`file ${goQuote(path)} already exists; set overwrite to true to replace it`);
  }
  const shown = goQuote(path);
  await during(`error creating parent directories for ${shown}`, () =>
    goFile('mkdir', dirname(file), () => mkdir(dirname(file), { recursive: true, mode: 0o700 })),
  );
  await during(`error writing file ${shown}`, () =>
    goFile('open', file, () => writeFile(file, contents, { mode })),
  );
  await during(`error setting permissions on file ${shown}`, () =>
    goFile('chmod', file, () => chmod(file, mode)),
  );
  return { status: 'Succeeded' };
}

function placeFor(path: string, workDir: string): string {
  const shown = goQuote(path);
  if (isAbsolute(path)) throw refused(`path ${shown} must be relative`);
  const clean = normalize(path).replace(/(?<=.)\/$/, '');
  if (clean === '..' || clean.startsWith('../')) {
    throw refused(`path ${shown} attempts to traverse outside the working directory`);
  }
  if (clean === '.git' || clean.startsWith('.git/')) {
    throw refused(`writing to the .git directory is forbidden: ${shown}`);
  }
  const file = inside(workDir, path);
  const seen = relative(workDir, file) || '.';
  if (seen !== clean) {
    throw refused(
      `path ${shown} resolves to a different path ${goQuote(seen)} (symlinks are forbidden)`,
    );
  }
  return file;
}

const EXECUTABLE = 0o111;
const WORLD_WRITABLE = 0o002;

function modeOf(permissions: string): number {
  if (permissions === '') return DEFAULT_MODE;
  const mode = Number.parseInt(permissions, 8);
  const shown = `permissions ${goQuote(permissions)} must not`;
  if ((mode & EXECUTABLE) !== 0) throw refused(`${shown} include executable bits`);
  if ((mode & WORLD_WRITABLE) !== 0) throw refused(`${shown} be world-writable`);
  return mode;
}

function refused(message: string): StepEnd {
  return new StepEnd({ status: 'Failed', terminal: true, message });
}
