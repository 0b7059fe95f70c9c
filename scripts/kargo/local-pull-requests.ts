import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OrderbooksError } from '../../runtime/errors.ts';
import { type GitPlace, git, gitAnswer } from '../git.ts';
import type { NewPullRequest, PullRequest, PullRequests } from './pull-requests.ts';

/** Methods as GitHub names them; the empty one is its default. */
const METHODS: ReadonlySet<string> = new Set(['', 'merge', 'squash']);

/**
 * Stands in for a host of pull requests: they live in memory, and merging them makes a commit in the repository that
 * git's environment leads to. Labels, reviews and checks decide nothing here.
 */
export class LocalPullRequests implements PullRequests {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #now: () => Date;
  readonly #requests = new Map<string, PullRequest[]>();
  readonly #notReady = new Set<string>();

  constructor(gitEnvironment: Readonly<Record<string, string>>, now: () => Date) {
    this.#environment = gitEnvironment;
    this.#now = now;
  }

  list(repoURL: string): readonly PullRequest[] {
    return (this.#requests.get(repoURL) ?? []).toReversed();
  }

  create(repoURL: string, request: NewPullRequest): PullRequest {
    const known = this.#requests.get(repoURL) ?? [];
    const number = known.length + 1;
    const url = `${repoURL.replace(/\.git$/, '')}/pull/${number}`;
    const made = { ...request, number, url, open: true, merged: false, mergeCommit: '' };
    this.#requests.set(repoURL, [...known, made]);
    return made;
  }

  /** As somebody who closes it without merging. */
  close(repoURL: string, number: number): void {
    this.#replace(repoURL, { ...this.#find(repoURL, number), open: false });
  }

  /** As a host whose checks are still running, or are over. */
  setReady(repoURL: string, number: number, ready: boolean): void {
    const key = `${repoURL}#${number}`;
    if (ready) this.#notReady.delete(key);
    else this.#notReady.add(key);
  }

  async merge(repoURL: string, number: number, method: string): Promise<PullRequest | null> {
    const request = this.#find(repoURL, number);
    if (request.merged) return request;
    if (!request.open) throw refused(`pull request ${number} is closed but not merged`);
    if (!METHODS.has(method)) throw refused(`unsupported merge method ${JSON.stringify(method)}`);
    if (this.#notReady.has(`${repoURL}#${number}`)) return null;
    const mergeCommit = await this.#commit(repoURL, request, method === 'squash');
    const merged = { ...request, open: false, merged: true, mergeCommit };
    this.#replace(repoURL, merged);
    return merged;
  }

  async #commit(repoURL: string, request: PullRequest, squash: boolean): Promise<string> {
    const home = await mkdtemp(join(tmpdir(), 'orderbooks-merge-'));
    const atHome: GitPlace = {
      folder: home,
      home,
      ceiling: home,
      environment: { ...this.#environment, ...HOST },
      now: this.#now(),
    };
    try {
      const folder = join(home, 'checkout');
      await git(atHome, 'clone', '--quiet', '--branch', request.base, '--', repoURL, folder);
      const place = { ...atHome, folder };
      const how = squash ? ['--squash'] : ['--no-ff', '--no-edit'];
      const answer = await gitAnswer(place, 'merge', '--quiet', ...how, `origin/${request.head}`);
      if (answer.code !== 0) throw refused(`merge conflict with ${request.base}`);
      if (squash) await git(place, 'commit', '--quiet', '-m', request.title);
      await git(place, 'push', '--quiet', 'origin', `HEAD:refs/heads/${request.base}`);
      return await git(place, 'rev-parse', 'HEAD');
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }

  #find(repoURL: string, number: number): PullRequest {
    const found = this.#requests.get(repoURL)?.[number - 1];
    if (found !== undefined) return found;
    throw refused(`no pull request ${number} of ${repoURL}`);
  }

  #replace(repoURL: string, request: PullRequest): void {
    const known = this.#requests.get(repoURL) ?? [];
    this.#requests.set(repoURL, known.with(request.number - 1, request));
  }
}

/** Whose name stands under merges. */
const HOST = {
  GIT_AUTHOR_NAME: 'Pull requests',
  GIT_AUTHOR_EMAIL: 'pull-requests@example.com',
  GIT_COMMITTER_NAME: 'Pull requests',
  GIT_COMMITTER_EMAIL: 'pull-requests@example.com',
};

function refused(message: string): OrderbooksError {
  return new OrderbooksError('PULL_REQUEST_REFUSED', message);
}
