import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../runtime/archive/error.ts';

/** Where processes do not see each other's ids (containers that share a folder), only age tells that nobody is at work. */
const ABANDONED_AFTER_MS = 3_600_000;
/** A folder that went meanwhile, or is another user's, is nothing of ours to remove. */
const NOT_OURS = ['ENOENT', 'EACCES', 'EPERM'] as const;

/** `prefix` with the id of this process: by it a later run knows whether the folder's maker still lives. */
export function ownPrefix(prefix: string): string {
  return `${prefix}${process.pid}-`;
}

/** Removes what runs that were killed have left in `place`: folders named by `ownPrefix(prefix)` whose maker is dead. */
export function removeAbandoned(place: string, prefix: string): void {
  for (const name of readdirSync(place)) {
    if (!name.startsWith(prefix)) continue;
    const maker = /^(\d+)-\w+$/.exec(name.slice(prefix.length))?.[1];
    if (maker === undefined || isAlive(Number(maker))) continue;
    const folder = join(place, name);
    try {
      if (Date.now() - statSync(folder).mtimeMs < ABANDONED_AFTER_MS) continue;
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (!NOT_OURS.some((code) => isSystemError(error, code))) throw error;
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be asked, but it is there.
    return !isSystemError(error, 'ESRCH');
  }
}
