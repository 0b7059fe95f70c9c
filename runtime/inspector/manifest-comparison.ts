import { isDeepStrictEqual } from 'node:util';
import type { ArchiveManifest } from '../archive/manifest.ts';

/** Not compared: the manifest knows tokens that were subscribed and never sent a frame. */
const NOT_IN_THE_FILE = new Set<string>(['tokens', 'schema']);

/** Where `manifest` says something else than what was found in the file, in words. */
export function manifestDifferences(
  manifest: ArchiveManifest,
  found: Omit<ArchiveManifest, 'tokens' | 'schema'>,
): string[] {
  const said: Readonly<Record<string, unknown>> = manifest;
  return Object.entries(found)
    .filter(([key, value]) => !NOT_IN_THE_FILE.has(key) && !isDeepStrictEqual(value, said[key]))
    .map(
      ([key, value]) => `manifest says ${key} ${shown(said[key])}, the archive has ${shown(value)}`,
    );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 97)}…` : text;
}
