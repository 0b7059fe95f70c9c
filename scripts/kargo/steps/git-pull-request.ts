import { OrderbooksError } from '../../../runtime/errors.ts';
import { parseGoDuration } from '../go-duration.ts';
import type { PullRequest, PullRequests } from '../pull-requests.ts';
import type { StepContext, StepRunner } from '../step.ts';
import { type GitMergePrConfig, type PullRequestConfig, validateConfig } from './config.ts';
import { during, outcome, StepEnd } from './outcome.ts';

/** Kargo's defaults for `pollInterval`. */
const WAIT_POLL_MS = 30_000;
const MERGE_POLL_MS = 10_000;

/** Answers Running until a pull request is merged; closing it unmerged fails the step for good. */
export const gitWaitForPr: StepRunner = {
  kind: 'git-wait-for-pr',
  validate: (config) => validateConfig('git-wait-for-pr', config),
  run: (config, context) =>
    outcome(context, async () => {
      const { repoURL, prNumber, pollInterval } = config as unknown as PullRequestConfig;
      const host = hostOf(context);
      const request = await during(`error getting pull request ${prNumber}`, async () =>
        requestOf(host, repoURL, prNumber),
      );
      const { number: id, url, open, merged, mergeCommit } = request;
      const output = {
        pr: { id, url, open, merged },
        ...(mergeCommit === '' ? {} : { commit: mergeCommit }),
      };
      if (open) {
        return { status: 'Running', output, retryAfterMs: pollMs(pollInterval, WAIT_POLL_MS) };
      }
      if (merged) return { status: 'Succeeded', output };
      const message = `pull request ${prNumber} was closed without being merged`;
      return { status: 'Failed', terminal: true, message, output };
    }),
};

/** Merges a pull request; one that is not ready is a failure unless `wait` says to try again. */
export const gitMergePr: StepRunner = {
  kind: 'git-merge-pr',
  validate: (config) => validateConfig('git-merge-pr', config),
  run: (config, context) =>
    outcome(context, async () => {
      const settings = config as unknown as GitMergePrConfig;
      const { repoURL, prNumber, wait = false, pollInterval, mergeMethod = '' } = settings;
      const host = hostOf(context);
      const failed = (message: string) =>
        new StepEnd({ status: 'Failed', terminal: true, message });
      const merged = await host.merge(repoURL, prNumber, mergeMethod).catch((error: unknown) => {
        if (!(error instanceof OrderbooksError)) throw error;
        throw failed(`error merging pull request ${prNumber}: ${error.message}`);
      });
      if (merged !== null) return { status: 'Succeeded', output: { commit: merged.mergeCommit } };
      if (wait) return { status: 'Running', retryAfterMs: pollMs(pollInterval, MERGE_POLL_MS) };
      throw failed(`pull request ${prNumber} is not ready to merge and wait is disabled`);
    }),
};

/** @throws OrderbooksError `PULL_REQUESTS_UNSUPPORTED` where the world has nobody to ask */
export function hostOf({ world }: StepContext): PullRequests {
  if (world.pullRequests !== undefined) return world.pullRequests;
  throw new OrderbooksError(
    'PULL_REQUESTS_UNSUPPORTED',
    'error creating git provider service: nothing stands in for a host of pull requests here; promote on a cluster',
  );
}

function requestOf(host: PullRequests, repoURL: string, number: number): PullRequest {
  const found = host.list(repoURL).find((request) => request.number === number);
  if (found !== undefined) return found;
  throw new OrderbooksError('PULL_REQUEST_MISSING', `no pull request ${number} of ${repoURL}`);
}

function pollMs(configured: string | undefined, otherwise: number): number {
  if (configured === undefined) return otherwise;
  const interval = parseGoDuration(configured);
  if (typeof interval === 'number') return interval;
  throw new OrderbooksError('POLL_INTERVAL', `error parsing pollInterval: ${interval}`);
}
