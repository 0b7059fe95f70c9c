import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type NAMES_BY_DEFAULT, parseSettings, SETTINGS_FILE } from './settings.ts';

const ROOT = new URL('../../', import.meta.url);

/** Namespaces and Project of this checkout's bundle. Throws SETTINGS_INVALID as soon as it is imported. */
export const {
  project: PROJECT,
  canaryNamespace: CANARY_NAMESPACE,
  productionNamespace: PRODUCTION_NAMESPACE,
} = namesHere();

function namesHere(): typeof NAMES_BY_DEFAULT {
  return parseSettings(readFileSync(fileURLToPath(new URL(SETTINGS_FILE, ROOT)), 'utf8'));
}
