import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownPrefix, removeAbandoned } from '../scripts/abandoned-folders.ts';

const PREFIX = 'orderbooks-compiled-';
/** What a shell says of a process that SIGTERM ended. */
const EXIT_TERMINATED = 143;

/**
 * Before all tests: every Node that they start, and every worker, keeps what it compiled for the others, as the image and
 * npm's scripts do. Half the time to start a program went into that. Gone with the last test, and with a run that is
 * ended; what one leaves that is killed, a later one removes.
 */
export default function compiledSources(): () => void {
  removeAbandoned(tmpdir(), PREFIX);
  const folder = mkdtempSync(join(tmpdir(), ownPrefix(PREFIX)));
  process.env['NODE_COMPILE_CACHE'] = folder;
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Vitest ends in order on SIGINT; SIGTERM would end it where it stands.
  const terminate = () => process.exit(EXIT_TERMINATED);
  process.on('exit', remove).on('SIGTERM', terminate);
  return () => {
    process.off('exit', remove).off('SIGTERM', terminate);
    remove();
  };
}
