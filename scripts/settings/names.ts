import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { OrderbooksError } from '../../runtime/errors.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { EXIT_USAGE } from '../command-line.ts';
import type { Names } from './name-places.ts';
import { parseNames, SETTINGS_FILE } from './settings.ts';

const ROOT = new URL('../../', import.meta.url);

/** Namespaces and Project of this checkout's bundle. A program that needs them ends at once where they cannot be these. */
export const {
  project: PROJECT,
  canaryNamespace: CANARY_NAMESPACE,
  productionNamespace: PRODUCTION_NAMESPACE,
} = namesHere();

function namesHere(): Names {
  try {
    return parseNames(readFileSync(fileURLToPath(new URL(SETTINGS_FILE, ROOT)), 'utf8'));
  } catch (error) {
    const code = error instanceof OrderbooksError ? error.code : 'SETTINGS_INVALID';
    // Thrown while modules are loaded it would be told as a defect, with a stack.
    process.stderr.write(`${code}: ${messageOf(error)}\n`);
    process.exit(EXIT_USAGE);
  }
}
