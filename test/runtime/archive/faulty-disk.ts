import type { ArchiveClock } from '../../../runtime/archive/clock.ts';
import { type Disk, type DiskFile, nodeDisk } from '../../../runtime/archive/disk.ts';

export type Operation =
  | 'makeFolder'
  | 'create'
  | 'write'
  | 'sync'
  | 'close'
  | 'rename'
  | 'remove'
  | 'syncFolder';

/** What happens at one call: `half` writes half and then fails, `lie` does it and fails all the same. */
export type Fault = 'refuse' | 'half' | 'lie';

export interface FaultyDisk {
  readonly disk: Disk;
  /** Every call so far, in order. */
  readonly calls: readonly Operation[];
  /** Faults that happened. */
  readonly faults: number;
}

/** A disk whose call number n (from 0) suffers what `plan(n, operation)` says. */
export function faultyDisk(
  plan: (call: number, operation: Operation) => Fault | null,
  code = 'ENOSPC',
): FaultyDisk {
  const calls: Operation[] = [];
  let faults = 0;
  async function act<T>(
    operation: Operation,
    whole: () => Promise<T>,
    half: () => Promise<unknown> = async () => undefined,
  ): Promise<T> {
    const fault = plan(calls.length, operation);
    calls.push(operation);
    if (fault === null) return whole();
    faults++;
    if (fault === 'lie') {
      const made = await whole();
      // Nobody gets to know this file, so nobody else could close it.
      if (operation === 'create') await (made as DiskFile).close();
    }
    if (fault === 'half') await half();
    throw Object.assign(new Error(`${code}: ${operation} failed by the test`), { code });
  }
  const disk: Disk = {
    makeFolder: (path) => act('makeFolder', () => nodeDisk.makeFolder(path)),
    rename: (from, to) => act('rename', () => nodeDisk.rename(from, to)),
    remove: (path) => act('remove', () => nodeDisk.remove(path)),
    syncFolder: (path) => act('syncFolder', () => nodeDisk.syncFolder(path)),
    create: (path) =>
      act('create', async () => {
        const file = await nodeDisk.create(path);
        return {
          write: (bytes, position) =>
            act(
              'write',
              () => file.write(bytes, position),
              () => file.write(bytes.subarray(0, bytes.length >> 1), position),
            ),
          sync: () => act('sync', () => file.sync()),
          // A close that fails has closed the file all the same.
          async close() {
            await file.close();
            await act('close', async () => undefined);
          },
        };
      }),
  };
  return {
    disk,
    calls,
    get faults() {
      return faults;
    },
  };
}

/** The system's time, with waits a hundred times shorter. */
export const hastyClock: ArchiveClock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds / 100);
    return () => clearTimeout(timer);
  },
};
