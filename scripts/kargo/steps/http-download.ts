import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { type HttpDownloadConfig, validateConfig } from './config.ts';
import { goFile } from './go-file.ts';
import { type AnswerLimits, ask } from './http-request.ts';
import { during, outcome, StepEnd } from './outcome.ts';
import { inside } from './work-folder.ts';

const KIND = 'http-download';

/** Downloads a file into the work folder; from another machine that is simulated, and no file appears. */
export const httpDownload: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, () => download(config as unknown as HttpDownloadConfig, context)),
};

const LARGEST_BYTES = 100 * 1024 * 1024;
const LIMITS: AnswerLimits = {
  largest: LARGEST_BYTES,
  tooLarge: () => `download exceeds limit of ${LARGEST_BYTES} bytes`,
  timeoutMs: 300_000,
};

async function download(config: HttpDownloadConfig, context: StepContext): Promise<StepResult> {
  const { url, outPath, allowOverwrite = false } = config;
  const file = inside(context.workDir, outPath);
  if (!allowOverwrite && (await exists(file))) {
    const message = `file already exists at ${outPath} and overwrite is not allowed`;
    throw new StepEnd({ status: 'Errored', terminal: true, message });
  }
  await during('failed to create destination directory', () =>
    goFile('mkdir', dirname(file), () => mkdir(dirname(file), { recursive: true, mode: 0o700 })),
  );
  const answer = await ask(config, LIMITS, context);
  if (answer === null) {
    const simulated = `nothing was downloaded from ${new URL(url).host}: only this machine is reached here`;
    return { status: 'Succeeded', simulated };
  }
  if (answer.status < 200 || answer.status >= 300) {
    return { status: 'Failed', message: `HTTP request failed with status ${answer.status}` };
  }
  const open = `${file}.tmp`;
  try {
    await goFile('open', open, () => writeFile(open, answer.body, { mode: 0o600 }));
    await goFile('rename', open, () => rename(open, file));
  } finally {
    await rm(open, { force: true });
  }
  return { status: 'Succeeded' };
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw new OrderbooksError('DOWNLOAD_TARGET', 'error checking destination file', {
      cause: error,
    });
  }
}
