import type { StepRunner } from '../step.ts';
import { validateConfig } from './config.ts';

/** Makes its evaluated configuration its output. Inside a task the output also appears under the task's alias. */
export const composeOutput: StepRunner = {
  kind: 'compose-output',
  surfacesOutputInTask: true,
  validate: (config) => validateConfig('compose-output', config),
  run: async (config) => ({ status: 'Succeeded', output: { ...config } }),
};
