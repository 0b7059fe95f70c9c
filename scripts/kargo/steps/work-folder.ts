import { lstatSync, readlinkSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { OrderbooksError } from '../../../runtime/errors.ts';

/**
 * The place that `path` means inside the work folder: `..` stops at the work folder, an absolute path starts
 * there, and a symbolic link is followed as if the work folder were the whole disk. So no path leaves it.
 */
export function inside(workFolder: string, path: string): string {
  const done: string[] = [];
  const waiting = path.split('/');
  let links = 0;
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const target = linkTarget(join(workFolder, ...done, part));
    if (target === null) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) {
      throw new OrderbooksError(
        'WORK_PATH_LINKS',
        `path ${path} goes through more than ${MOST_LINKS} symbolic links; probably a circle of links`,
      );
    }
    if (isAbsolute(target)) done.length = 0;
    waiting.unshift(...target.split('/'));
  }
  return join(workFolder, ...done);
}

/** Whether `path`, both absolute and free of links, is the work folder or lies in it. */
export function isInside(workFolder: string, path: string): boolean {
  const way = relative(workFolder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** More can only be a circle. */
const MOST_LINKS = 255;

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch (error) {
    // What does not exist yet is no link.
    if (error instanceof Error && 'code' in error && MISSING.has(String(error.code))) return null;
    throw error;
  }
}

const MISSING = new Set(['ENOENT', 'ENOTDIR']);
