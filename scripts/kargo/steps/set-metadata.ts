import { z } from 'zod';
import { ObjectNotFoundError } from '../not-found.ts';
import type { StepContext, StepResult, StepRunner } from '../step.ts';
import { validateConfig } from './config.ts';

const configuration = z.object({
  updates: z.array(
    z.object({
      kind: z.enum(['Stage', 'Freight']),
      name: z.string(),
      values: z.record(z.string(), z.unknown()),
    }),
  ),
});
type Update = z.infer<typeof configuration>['updates'][number];

/**
 * Writes keys of a Stage's or Freight's metadata, one update after the other; what was written before a failing update
 * stays. A null value deletes its key.
 */
export const setMetadata: StepRunner = {
  kind: 'set-metadata',
  validate: (config) => validateConfig('set-metadata', config),
  run: async (config, context) => {
    for (const update of configuration.parse(config).updates) {
      const failure = apply(update, context);
      if (failure !== undefined) return failure;
    }
    return { status: 'Succeeded' };
  },
};

function apply(update: Update, { world, project }: StepContext): StepResult | undefined {
  const empty = Object.keys(update.values).find((key) => key === '');
  if (empty !== undefined) {
    const message = `error updating metadata for ${update.kind} ${JSON.stringify(update.name)} in namespace ${JSON.stringify(project)}: key must not be empty`;
    return { status: 'Errored', message };
  }
  try {
    if (update.kind === 'Stage') world.setStageMetadata(project, update.name, update.values);
    else world.setFreightMetadata(project, update.name, update.values);
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    return { status: 'Errored', message: `error getting ${update.kind}: ${error.message}` };
  }
  return undefined;
}
