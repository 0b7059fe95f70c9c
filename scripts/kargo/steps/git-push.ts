import { setTimeout as wait } from 'node:timers/promises';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { GitError, git } from '../../git.ts';
import type { StepContext, StepRunner } from '../step.ts';
import { commitUrl } from './commit-url.ts';
import { type GitPushConfig, validateConfig } from './config.ts';
import { during, outcome } from './outcome.ts';
import {
  headOf,
  openCheckout,
  type Repository,
  refuseOption,
  remoteHasBranch,
} from './repository.ts';

const KIND = 'git-push';

/**
 * Pushes a checkout's commits, or a tag. Commits that others pushed meanwhile are taken in by a rebase, so the commit
 * in the output may be another than git-commit made (facts/promotion-semantics.md, git and files).
 */
export const gitPush: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const settings = config as unknown as GitPushConfig;
      const checkout = await openCheckout(settings.path, context);
      const target = await targetOf(settings, checkout, context);
      await during('error pushing commits to remote', () =>
        pushPatiently(target, settings.maxAttempts ?? MOST_ATTEMPTS, checkout, context.signal),
      );
      const commit = await headOf(checkout);
      const url = commitUrl(checkout.url, commit, settings.provider);
      return {
        status: 'Succeeded',
        output: {
          commit,
          ...(target.branch === '' ? {} : { branch: target.branch }),
          ...(url === null ? {} : { commitURL: url }),
        },
      };
    }),
};

interface Target {
  readonly branch: string;
  readonly tag: string;
  readonly force: boolean;
}

/** Kargo's default for `maxAttempts`, and its waits between attempts. */
const MOST_ATTEMPTS = 10;
const FIRST_WAIT_MS = 1_000;
const WAIT_GROWTH = 1.5;
const WAIT_SPREAD = 0.5;
const LONGEST_WAIT_MS = 30_000;

/** How git says that somebody else was faster. */
const OTHERS_WERE_FASTER =
  /^\s*!\s+\[(?:remote )?rejected\].+\((?:non-fast-forward|fetch first|cannot lock ref.*|incorrect old value provided)\)\s*$/m;
/** The same from git 2.39, which gives the reason on a line of its own. */
const LOCK_LOST = /cannot lock ref .* but expected [\s\S]*\(failed to update ref\)/;

class OthersWereFaster extends OrderbooksError {
  constructor(cause: GitError) {
    super('GIT_NOT_FAST_FORWARD', 'error pushing branch: non-fast-forward', { cause });
  }
}

async function targetOf(
  settings: GitPushConfig,
  checkout: Repository,
  context: StepContext,
): Promise<Target> {
  const tag = settings.tag ?? '';
  refuseOption(tag, 'a tag');
  refuseOption(settings.targetBranch ?? '', 'a branch');
  if (settings.generateTargetBranch === true) {
    // Only an earlier start of this same promotion can have made this branch, so it may be overwritten.
    return { branch: `kargo/promotion/${context.promotion}`, tag, force: true };
  }
  const given = settings.targetBranch ?? '';
  const branch = given === '' ? await git(checkout.place, 'branch', '--show-current') : given;
  return { branch, tag, force: settings.force === true };
}

async function pushPatiently(
  target: Target,
  mostAttempts: number,
  checkout: Repository,
  signal: AbortSignal,
): Promise<void> {
  let pause = FIRST_WAIT_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await oneAtATime(`${checkout.url}:${target.branch}`, () => push(target, checkout));
      return;
    } catch (error) {
      if (!(error instanceof OthersWereFaster) || attempt >= mostAttempts) throw error;
    }
    await wait(pause * (1 + Math.random() * WAIT_SPREAD), undefined, { signal });
    pause = Math.min(pause * WAIT_GROWTH, LONGEST_WAIT_MS);
  }
}

async function push({ branch, tag, force }: Target, checkout: Repository): Promise<void> {
  const { place } = checkout;
  if (tag !== '') {
    await during('error pushing tag', () => git(place, 'push', 'origin', 'tag', tag));
    return;
  }
  if (!force && (await remoteHasBranch(checkout, branch))) {
    await during('error pulling and rebasing branch', () =>
      git(place, 'pull', '--rebase', 'origin', branch),
    );
  }
  const words = ['push', 'origin', `HEAD:${branch}`, ...(force ? ['--force'] : [])];
  try {
    await git(place, ...words);
  } catch (error) {
    if (error instanceof GitError && othersWereFaster(error.output)) {
      throw new OthersWereFaster(error);
    }
    await during('error pushing branch', () => Promise.reject(error));
  }
}

function othersWereFaster(output: string): boolean {
  return OTHERS_WERE_FASTER.test(output) || LOCK_LOST.test(output);
}

/** Pushes of this process to one branch, one after the other, as Kargo's controller does. */
const pushes = new Map<string, Promise<void>>();

async function oneAtATime(branch: string, action: () => Promise<void>): Promise<void> {
  const earlier = pushes.get(branch) ?? Promise.resolve();
  // What became of the earlier push was told to whoever asked for it.
  const mine = earlier.catch(() => undefined).then(action);
  pushes.set(branch, mine);
  try {
    await mine;
  } finally {
    if (pushes.get(branch) === mine) pushes.delete(branch);
  }
}
