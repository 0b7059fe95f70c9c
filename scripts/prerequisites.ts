import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { OrderbooksError } from '../runtime/errors.ts';
import { findKustomize } from './kustomize/program.ts';

/** `worktree add`, `ls-files --deduplicate` and reliable `insteadOf` for local paths. */
const OLDEST_GIT = [2, 39] as const;

const missing: string[] = [];
for (const check of [requireGit, requireKustomize]) {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    missing.push(error.message);
  }
}
if (missing.length > 0) {
  console.error(
    `orderbooks: ${missing.length === 1 ? 'one thing is' : 'two things are'} missing before this can start.\n`,
  );
  for (const message of missing) console.error(`- ${message}`);
  process.exitCode = 2;
}

async function requireGit(): Promise<void> {
  const advice = `Releases are pushed to, and rendered branches read from, a local git repository. Install git ${OLDEST_GIT.join('.')} or newer, for example: apt-get install git`;
  let text: string;
  try {
    text = (await promisify(execFile)('git', ['--version'])).stdout;
  } catch (cause) {
    throw new OrderbooksError('GIT_MISSING', `git is not on PATH. ${advice}.`, { cause });
  }
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const version = [Number(major), Number(minor)] as const;
  const old =
    version[0] < OLDEST_GIT[0] || (version[0] === OLDEST_GIT[0] && version[1] < OLDEST_GIT[1]);
  if (old) throw new OrderbooksError('GIT_TOO_OLD', `git is ${version.join('.')}. ${advice}.`);
}

async function requireKustomize(): Promise<void> {
  await findKustomize();
}
