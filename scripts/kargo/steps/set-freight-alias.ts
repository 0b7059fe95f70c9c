import { goQuote } from '../go-quote.ts';
import { ObjectNotFoundError } from '../not-found.ts';
import type { StepRunner } from '../step.ts';
import { type SetFreightAliasConfig, validateConfig } from './config.ts';

const KIND = 'set-freight-alias';

/** Gives a Freight another alias. The running promotion goes on with the old one in `ctx.targetFreight.alias`. */
export const setFreightAlias: StepRunner = {
  kind: KIND,
  validate: (config) => validateConfig(KIND, config),
  run: async (config, { world, project }) => {
    const { name, alias } = config as unknown as SetFreightAliasConfig;
    const failed = (message: string) => ({ status: 'Failed', terminal: true, message }) as const;
    if (world.setFreightAlias === undefined) {
      const simulated = `the alias of Freight ${goQuote(name)} stays: this world keeps no aliases`;
      return { status: 'Succeeded', simulated, message: simulated };
    }
    try {
      world.setFreightAlias(project, name, alias);
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) throw error;
      return failed(`freight ${goQuote(name)} not found in project ${goQuote(project)}`);
    }
    // Kargo prints both from the object that it has just changed.
    const message = `updated alias of Freight ${goQuote(name)} from ${goQuote(alias)} to ${goQuote(alias)}`;
    return { status: 'Succeeded', message };
  },
};
