import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ArchiveClock } from '../../../runtime/archive/clock.ts';
import { uploaderLock } from '../../../runtime/uploader/lock.ts';
import { withFolder } from '../archive/rows.ts';

const LOCK = new URL('../../../runtime/uploader/lock.ts', import.meta.url).href;

/** A process that holds the uploader's lock on `dataRoot` until it is ended. */
async function holder(dataRoot: string) {
  const code = `const { uploaderLock } = await import(process.argv[1]);
    globalThis.lock = await uploaderLock(process.argv[2]);
    process.stdout.write('held');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code, LOCK, dataRoot], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

/** Time passes only by waiting, and at once. */
function clockThatJumps(): ArchiveClock {
  let now = 0;
  return {
    now: () => now,
    after(milliseconds, callback) {
      now += milliseconds;
      setImmediate(callback);
      return () => undefined;
    },
  };
}

describe('the lock of the uploader', () => {
  it(
    'keeps a second one out while the first lives, and is free at once when the first is killed',
    () =>
      withFolder(async (dataRoot) => {
        for (let kill = 0; kill < 2; kill++) {
          const first = await holder(dataRoot);
          let waited = 0;
          const second = uploaderLock(dataRoot, {
            patienceMs: 1_000,
            clock: clockThatJumps(),
            onWaiting: () => void waited++,
          });
          await expect(second).rejects.toMatchObject({ code: 'UPLOAD_LOCKED' });
          expect(waited).toBe(1);
          first.kill('SIGKILL');
          await once(first, 'close');
          const third = await uploaderLock(dataRoot, { patienceMs: 0 });
          third.release();
        }
      }),
    120_000,
  );
});
