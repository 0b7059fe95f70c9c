import type { StepRunner } from '../step.ts';
import { validateConfig } from './config.ts';

/** Kinds that Kargo has and this engine cannot carry out offline, with what they would need. */
const NEEDS: Readonly<Record<string, string>> = {
  'github-push': "GitHub's API",
  'helm-template': 'Helm',
  'helm-update-chart': 'Helm and a chart repository',
  'oci-download': 'an OCI registry',
  'oci-push': 'an OCI registry',
  'toml-parse': 'a reader of TOML',
  'toml-update': 'a reader of TOML',
  untar: 'tar archives, which come from downloads',
};

/**
 * Runners that check their configuration, do nothing and say so in their results: what comes after them may see less
 * than on a cluster.
 */
export const simulatedRunners: readonly StepRunner[] = Object.entries(NEEDS).map(
  ([kind, needs]) => ({
    kind,
    validate: (config) => validateConfig(kind, config),
    run: async () => ({
      status: 'Succeeded',
      simulated: `${kind} was not carried out: it needs ${needs}, which a rehearsal does not have; its outputs and files are missing`,
    }),
  }),
);
