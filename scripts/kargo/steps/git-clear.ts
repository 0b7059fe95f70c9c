import { git } from '../../git.ts';
import type { StepRunner } from '../step.ts';
import { type GitClearConfig, validateConfig } from './config.ts';
import { during, outcome } from './outcome.ts';
import { openCheckout } from './repository.ts';

const KIND = 'git-clear';

/** Removes all files of a checkout that git does not ignore (facts/promotion-semantics.md). */
export const gitClear: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const { path } = config as unknown as GitClearConfig;
      const { place } = await openCheckout(path, context);
      // git rm leaves what it does not know; so everything is made known first.
      await during(`error adding all files to working tree at ${path}`, () =>
        git(place, 'add', '.'),
      );
      await during(`error clearing working tree at ${path}`, () =>
        git(place, 'rm', '-rf', '--ignore-unmatch', '.'),
      );
      return { status: 'Succeeded' };
    }),
};
