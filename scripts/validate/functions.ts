import type { FunctionTable } from '../kargo/expr/index.ts';
import { dataFunctions } from '../kargo/functions/data.ts';
import { freightFunctions } from '../kargo/functions/freight.ts';
import { quotingFunctions } from '../kargo/functions/quoting.ts';
import { semverFunctions } from '../kargo/functions/semver.ts';
import { statusFunctions } from '../kargo/functions/status.ts';
import { MemoryWorld } from '../kargo/memory-world.ts';
import type { TemplatePlace } from './templates.ts';

const FREIGHT = freightFunctions({ project: '', warehouses: new Map(), requests: [], freight: [] });
const EVERYWHERE: FunctionTable = {
  ...dataFunctions(new MemoryWorld(), ''),
  ...FREIGHT,
  ...semverFunctions,
  ...quotingFunctions,
};

/** Functions that an expression can call, by where it stands. For compiling only: nothing is called. */
export const FUNCTIONS: Readonly<Record<TemplatePlace, FunctionTable>> = {
  variable: EVERYWHERE,
  verification: EVERYWHERE,
  step: { ...EVERYWHERE, ...statusFunctions('', []) },
  criteria: EVERYWHERE,
};
