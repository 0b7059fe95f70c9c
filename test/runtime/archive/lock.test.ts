import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exists } from '../../../runtime/archive/disk.ts';
import { tryLock } from '../../../runtime/archive/lock.ts';
import { withFolder } from './rows.ts';

const PROGRAM = fileURLToPath(new URL('./lock-process.ts', import.meta.url));

/** A process that takes the lock, says `held` or `busy`, and stays until it is ended. */
async function holder(path: string) {
  const child = spawn(process.execPath, [PROGRAM, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [said] = await once(child.stdout, 'data');
  return { said: String(said).trim(), child, exit: once(child, 'exit') };
}

describe('lock', () => {
  it('is held by one at a time, in one process and in several', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'a.lock');
      const lock = tryLock(path);
      expect(lock).not.toBeNull();
      expect(tryLock(path)).toBeNull();
      const other = await holder(path);
      expect(other.said).toBe('busy');
      await other.exit;
      lock?.release();
      lock?.release();
      tryLock(path)?.release({ removeFile: true });
      expect(await exists(path)).toBe(false);
    }));

  it('ends with its holder, also by kill -9', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'a.lock');
      const other = await holder(path);
      expect(other.said).toBe('held');
      expect(tryLock(path)).toBeNull();
      other.child.kill('SIGKILL');
      await other.exit;
      const lock = tryLock(path);
      expect(lock).not.toBeNull();
      lock?.release();
    }));

  it('says what is wrong where nothing can be locked', () =>
    withFolder(async (folder) => {
      expect(() => tryLock(join(folder, 'no such folder', 'a.lock'))).toThrow(
        /expected a file that can be locked.*is the data folder writable/,
      );
    }));
});
