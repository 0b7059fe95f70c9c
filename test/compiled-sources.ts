import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Before all tests: every Node that they start, and every worker, keeps what it compiled for the others, as the image and
 * npm's scripts do. Half the time to start a program went into that. Gone with the last test.
 */
export default function compiledSources(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'orderbooks-compiled-'));
  process.env['NODE_COMPILE_CACHE'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
