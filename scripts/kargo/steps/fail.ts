import type { StepRunner } from '../step.ts';
import { validateConfig } from './config.ts';

/** Ends in Failed at once and is never retried. */
export const fail: StepRunner = {
  kind: 'fail',
  validate: (config) => validateConfig('fail', config),
  run: async (config) => ({
    status: 'Failed',
    terminal: true,
    message: typeof config['message'] === 'string' ? `failed: ${config['message']}` : 'failed',
  }),
};
