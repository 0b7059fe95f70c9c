/** What steps about pull requests see of one (the outputs of `git-open-pr` and `git-wait-for-pr`). */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly open: boolean;
  readonly merged: boolean;
  readonly head: string;
  readonly base: string;
  /** Commit of the head branch when it was opened. */
  readonly headCommit: string;
  readonly title: string;
  readonly description: string;
  readonly labels: readonly string[];
  /** The commit that merged it; empty until then. */
  readonly mergeCommit: string;
}

export type NewPullRequest = Pick<
  PullRequest,
  'head' | 'base' | 'headCommit' | 'title' | 'description' | 'labels'
>;

/** A stand-in for GitHub and its like: pull requests by repository URL. */
export interface PullRequests {
  /** The newest first. */
  list(repoURL: string): readonly PullRequest[];
  create(repoURL: string, request: NewPullRequest): PullRequest;
  /** `null`: it cannot be merged yet. Throws OrderbooksError where it never can be. */
  merge(repoURL: string, number: number, method: string): Promise<PullRequest | null>;
}
