import { git } from '../../git.ts';
import { goQuote } from '../go-quote.ts';
import type { StepRunner } from '../step.ts';
import { type GitTagConfig, validateConfig } from './config.ts';
import { during, outcome } from './outcome.ts';
import { headOf, openCheckout, refuseOption } from './repository.ts';

const KIND = 'git-tag';

/** Makes an annotated tag in a checkout; `git-push` with `tag` carries it to the remote. */
export const gitTag: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: (config, context) =>
    outcome(context, async () => {
      const { path, tag, message, force = false } = config as unknown as GitTagConfig;
      refuseOption(tag, 'a tag');
      const checkout = await openCheckout(path, context);
      await during(`error creating tag ${tag}`, () =>
        during(`error creating annotated tag ${goQuote(tag)}`, () =>
          git(checkout.place, 'tag', '-a', tag, '-m', message, ...(force ? ['--force'] : [])),
        ),
      );
      return { status: 'Succeeded', output: { commit: await headOf(checkout) } };
    }),
};
