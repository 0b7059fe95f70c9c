import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ArchiveClock } from '../../../runtime/archive/clock.ts';
import { uploaderLock } from '../../../runtime/uploader/lock.ts';
import { withFolder } from '../archive/rows.ts';

const hasMkfifo = spawnSync('mkfifo', ['--help']).error === undefined;
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

/** An uploader at work: a process that holds the lock and runs `program` as rclone. */
async function uploaderWith(dataRoot: string, program: string) {
  const code = `const [, lock, rclone, dataRoot, program] = process.argv;
    const { uploaderLock } = await import(lock);
    const { runRclone } = await import(rclone);
    const { descriptor } = await uploaderLock(dataRoot);
    await runRclone([], { program, descriptor });`;
  const rclone = new URL('../../../runtime/uploader/rclone-process.ts', import.meta.url).href;
  const args = ['--input-type=module', '-e', code, LOCK, rclone, dataRoot, program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await until(() => existsSync(`${program}.pid`));
  return { child, rclone: Number(readFileSync(`${program}.pid`, 'utf8')) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
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

  it.skipIf(!hasMkfifo)(
    hasMkfifo
      ? 'is not free while an rclone works that a killed uploader left behind'
      : 'and an rclone that is left behind: skipped because mkfifo is not installed (apt-get install coreutils)',
    () =>
      withFolder(async (dataRoot) => {
        const program = join(dataRoot, 'rclone');
        // Written whole before it can be seen.
        const text = `#!/bin/sh\necho $$ > ${program}.part && mv ${program}.part ${program}.pid\nexec sleep 600\n`;
        await writeFile(program, text, { mode: 0o755 });
        const { child, rclone } = await uploaderWith(dataRoot, program);
        try {
          child.kill('SIGKILL');
          await once(child, 'close');
          const held: string[] = [];
          const second = uploaderLock(dataRoot, {
            patienceMs: 1_000,
            clock: clockThatJumps(),
            onWaiting: (holder) => held.push(holder),
          });
          await expect(second).rejects.toMatchObject({ code: 'UPLOAD_LOCKED' });
          expect(held).toEqual(['a program that an uploader started which is gone']);
        } finally {
          process.kill(rclone, 'SIGKILL');
        }
        const third = await uploaderLock(dataRoot);
        expect(third.descriptor).not.toBeNull();
        third.release();
        const fourth = await uploaderLock(dataRoot, { patienceMs: 0 });
        fourth.release();
      }),
    120_000,
  );
});
