import { readFileSync } from 'node:fs';
import { entriesIn, parseSettings, SETTINGS_FILE } from '../scripts/settings/settings.ts';

const text = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** What this checkout's bundle is called, and its repository and registry: in a fork they are others. */
export const SETTINGS = parseSettings(text(SETTINGS_FILE));

/** The settings of a component, such as `kargo/components/pinned-verifier`, which every team sets for itself. */
export function settingsOf(component: string): Readonly<Record<string, string>> {
  return entriesIn(text(`${component}/settings.env`));
}
