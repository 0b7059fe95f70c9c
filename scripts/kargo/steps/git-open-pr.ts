import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { type GitPlace, git, gitAnswer } from '../../git.ts';
import { goQuote } from '../go-quote.ts';
import type { PullRequest } from '../pull-requests.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { type GitOpenPrConfig, validateConfig } from './config.ts';
import { hostOf } from './git-pull-request.ts';
import { during, outcome } from './outcome.ts';
import { refuseOption } from './repository.ts';

const KIND = 'git-open-pr';

/**
 * Opens a pull request of a pushed branch, or takes the one that is there already. Branches without a difference make
 * none: the step is Skipped.
 */
export const gitOpenPr: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, () => openRequest(config as unknown as GitOpenPrConfig, context)),
};

async function openRequest(config: GitOpenPrConfig, context: StepContext): Promise<StepResult> {
  const { repoURL, sourceBranch, targetBranch } = config;
  refuseOption(sourceBranch, 'a branch');
  refuseOption(targetBranch, 'a branch');
  const earlier = context.previousOutput;
  if (earlier?.['pr'] !== undefined) return { status: 'Succeeded', output: earlier };
  const host = hostOf(context);
  const folder = await mkdtemp(join(context.workDir, '.pull-request-'));
  try {
    const place = placeOf(folder, context);
    await during(`error cloning ${repoURL}`, () => cloned(place, repoURL, sourceBranch));
    const headCommit = await git(place, 'rev-parse', `origin/${sourceBranch}`);
    const existing = host
      .list(repoURL)
      .find(
        (request) =>
          request.head === sourceBranch &&
          request.base === targetBranch &&
          request.headCommit === headCommit &&
          (request.open || request.merged),
      );
    if (existing !== undefined) return opened(existing);
    await fetchTarget(place, targetBranch);
    const answer = await gitAnswer(
      place,
      ...['diff', '--quiet', `origin/${sourceBranch}`, `origin/${targetBranch}`],
    );
    if (answer.code === 0) return { status: 'Skipped' };
    const message = await git(place, 'log', '-1', '--format=%B', headCommit);
    const words = wordsOf(config, message, context);
    return opened(
      host.create(repoURL, {
        ...words,
        head: sourceBranch,
        base: targetBranch,
        headCommit,
        labels: config.labels ?? [],
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function opened({ number: id, url }: PullRequest): StepResult {
  return { status: 'Succeeded', output: { pr: { id, url } } };
}

async function cloned(place: GitPlace, repoURL: string, branch: string): Promise<void> {
  await git(place, 'init', '--quiet');
  await git(place, 'remote', 'add', 'origin', repoURL);
  await fetchBranch(place, branch);
}

async function fetchBranch(place: GitPlace, branch: string): Promise<void> {
  await git(
    place,
    'fetch',
    '--quiet',
    '--depth=1',
    'origin',
    `+refs/heads/${branch}:refs/remotes/origin/${branch}`,
  );
}

async function fetchTarget(place: GitPlace, branch: string): Promise<void> {
  const found = await git(place, 'ls-remote', '--heads', 'origin', `refs/heads/${branch}`);
  if (found === '') {
    throw new OrderbooksError(
      'REMOTE_BRANCH_MISSING',
      `target branch ${goQuote(branch)} does not exist`,
    );
  }
  await fetchBranch(place, branch);
}

/** Title and description where the configuration has none: the commit's first line, and the rest of it. */
function wordsOf(
  config: GitOpenPrConfig,
  message: string,
  { uiBaseUrl = '', project, stage }: StepContext,
): { readonly title: string; readonly description: string } {
  const at = message.indexOf('\n');
  const [first, rest] = at < 0 ? [message, ''] : [message.slice(0, at), message.slice(at + 1)];
  const title = config.title ?? first;
  const own = config.description ?? (config.title === undefined ? rest : message);
  if (uiBaseUrl === '') return { title, description: own };
  const link = `[View in Kargo UI](${uiBaseUrl}/project/${project}/stage/${stage})`;
  return { title, description: `${own}\n\n${link}` };
}

function placeOf(folder: string, context: StepContext): GitPlace {
  return {
    folder,
    home: folder,
    ceiling: context.workDir,
    environment: context.world.gitEnvironment,
    now: context.world.now(),
    signal: context.signal,
  };
}
