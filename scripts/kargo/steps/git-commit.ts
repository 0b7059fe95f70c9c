import { type GitPlace, git } from '../../git.ts';
import type { StepRunner } from '../step.ts';
import { type Author, type GitCommitConfig, validateConfig } from './config.ts';
import { during, outcome } from './outcome.ts';
import { headOf, openCheckout, refuseSigning } from './repository.ts';

const KIND = 'git-commit';

/**
 * Commits everything that changed in a checkout. Without a change it is Skipped and gives the commit that is there.
 * The commit's dates are the world's time, so equal input at an equal time on an equal parent gives an equal commit.
 */
export const gitCommit: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const { path, message, author } = config as unknown as GitCommitConfig;
      const checkout = await openCheckout(path, context);
      const { place } = checkout;
      await during('error adding all changes to working tree', () =>
        during('error staging changes for commit', () => git(place, 'add', '.')),
      );
      const changes = await git(place, 'status', '-s');
      if (changes !== '') {
        await during('error committing to working tree', () =>
          during('error committing changes', () =>
            git(placeOfAuthor(place, author), 'commit', '-m', message),
          ),
        );
      }
      const commit = await headOf(checkout);
      return { status: changes === '' ? 'Skipped' : 'Succeeded', output: { commit } };
    }),
};

function placeOfAuthor(place: GitPlace, author: Author | undefined): GitPlace {
  if (author === undefined) return place;
  refuseSigning(author);
  return {
    ...place,
    environment: {
      ...place.environment,
      GIT_AUTHOR_NAME: author.name,
      GIT_AUTHOR_EMAIL: author.email,
      GIT_COMMITTER_NAME: author.name,
      GIT_COMMITTER_EMAIL: author.email,
    },
  };
}
