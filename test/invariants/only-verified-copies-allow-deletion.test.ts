import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exists } from '../../runtime/archive/disk.ts';
import { verifiedPath } from '../../runtime/archive/layout.ts';
import { inspect } from '../../runtime/inspector/inspect.ts';
import { directoryRemote } from '../../runtime/uploader/directory.ts';
import { type Fault, type FaultyDisk, faultyDisk } from '../runtime/archive/faulty-disk.ts';
import { closedArchive, sha256 } from '../runtime/archive/rows.ts';
import { DAY_MS, later, uploadTo, withRemote } from '../runtime/uploader/uploads.ts';

/** These kinds are tried at some of the calls only; at all with ORDERBOOKS_EVERY_FAULT=1 and vitest. */
const SOME = process.env['ORDERBOOKS_EVERY_FAULT'] === '1' ? 1 : 7;

interface Place {
  readonly dataRoot: string;
  readonly target: string;
}

/** One run whose disk, local and remote, is `faulty`; archives older than a day are deleted. */
async function run(place: Place, faulty: FaultyDisk) {
  const { disk } = faulty;
  const remote = directoryRemote(place.target, { dataRoot: place.dataRoot, disk });
  return uploadTo(place, { remote, disk, now: later(2 * DAY_MS) }).catch(() => null);
}

async function hashAt(path: string): Promise<string | null> {
  return (await exists(path)) ? sha256(await readFile(path)) : null;
}

async function expectNothingUnproven(place: Place, archives: readonly Sealed[], what: string) {
  for (const { path, sha256: due } of archives) {
    const local = await hashAt(join(place.dataRoot, path));
    const copy = await hashAt(join(place.target, path));
    if (local === null) expect(copy, `${what}: ${path} is gone`).toBe(due);
    else expect(local, `${what}: ${path} changed`).toBe(due);
    if (await exists(join(place.dataRoot, verifiedPath(path)))) {
      expect(copy, `${what}: ${path} is recorded as verified`).toBe(due);
    }
  }
  const { upload_manifests: uploads } = await inspect({ dataRoot: place.dataRoot });
  for (const file of uploads.flatMap((upload) => upload.files)) {
    if (!file.verified) continue;
    expect(await hashAt(join(place.target, file.remote_path)), what).toBe(file.sha256);
  }
}

type Sealed = { readonly path: string; readonly sha256: string };

async function anArchive(place: Place): Promise<readonly Sealed[]> {
  return [await closedArchive(place.dataRoot, { frames: 10 })];
}

describe('invariant 1: only a verified copy allows the uploader to delete an archive', () => {
  const faults: readonly (readonly [Fault, 'once' | 'from then on', every: number])[] = [
    ['refuse', 'once', 1],
    ['lie', 'once', SOME],
    // Like a process that is killed in the middle of a call: nothing is written any more.
    ['half', 'from then on', 1],
    ['half', 'once', SOME],
    // A disk that is full, or gone, for good.
    ['refuse', 'from then on', SOME],
    ['lie', 'from then on', SOME],
  ];

  it.each(faults)(
    'whatever call to a disk fails (%s, %s)',
    async (fault, when, every) => {
      const calls = await withRemote(async (place) => {
        await anArchive(place);
        const faulty = faultyDisk(() => null);
        expect((await run(place, faulty))?.status).toBe('UPLOAD_VERIFIED');
        return faulty.calls.length;
      });
      expect(calls).toBeGreaterThan(40);
      for (let at = 0; at < calls; at += every) {
        await withRemote(async (place) => {
          const archives = await anArchive(place);
          const faulty = faultyDisk((call) => {
            if (call === at) return fault;
            return call > at && when === 'from then on' ? 'refuse' : null;
          });
          const manifest = await run(place, faulty);
          const what = `${fault} ${when} at call ${at} (${faulty.calls[at]})`;
          expect(faulty.faults, what).toBeGreaterThan(0);
          // Only the removal of what was not there may go wrong unnoticed.
          if (manifest?.status !== 'UPLOAD_FAILED' && manifest !== null) {
            expect([fault, faulty.calls[at]], what).toEqual(['lie', 'remove']);
          }
          await expectNothingUnproven(place, archives, what);
          // The next run finishes the work.
          await run(
            place,
            faultyDisk(() => null),
          );
          await expectNothingUnproven(place, archives, `after ${what}`);
          for (const { path, sha256: due } of archives) {
            expect(await hashAt(join(place.target, path)), `after ${what}`).toBe(due);
            expect(await exists(join(place.dataRoot, path)), `after ${what}`).toBe(false);
          }
        });
      }
    },
    120_000,
  );
});
