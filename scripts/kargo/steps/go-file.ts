import { readFile } from 'node:fs/promises';
import { OrderbooksError } from '../../../runtime/errors.ts';

/** Reads a file; what the system refuses is told as Go tells it, with the path that is shown to a person. */
export async function readBytes(path: string): Promise<Buffer> {
  return goFile('open', path, () => readFile(path));
}

/**
 * Runs one operation on a file. A refusal of the system comes out as Go words it: `open <path>: no such file or directory`.
 */
export async function goFile<T>(
  operation: string,
  shown: string,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const reason = goReason(error);
    if (reason === undefined) throw error;
    throw new OrderbooksError('FILE_REFUSED', `${operation} ${shown}: ${reason}`, { cause: error });
  }
}

/** Whether something is missing, by an error of node's file functions. */
export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  ENOTDIR: 'not a directory',
  EISDIR: 'is a directory',
  EACCES: 'permission denied',
  EEXIST: 'file exists',
  ENOTEMPTY: 'directory not empty',
  ENOSPC: 'no space left on device',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'file name too long',
};

function goReason(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  return REASONS[code] ?? (error instanceof Error ? error.message : code);
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof OrderbooksError) return undefined;
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
