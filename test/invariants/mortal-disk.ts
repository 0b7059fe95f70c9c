import { link, mkdir, rename, truncate, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Disk, exists, nodeDisk } from '../../runtime/archive/disk.ts';

/** What a loss of power takes: data that was not synced, names whose folder was not, or (kill -9) neither. */
export interface Loss {
  readonly data: boolean;
  readonly names: boolean;
}

export interface MortalDisk {
  readonly disk: Disk;
  /** The same process at a disk that keeps what it got: another machine's. */
  readonly remote: Disk;
  readonly dead: boolean;
  /** The process dies at its call number `calls` from now, in the middle of it. */
  dieAfter(calls: number): void;
  /** The next `calls` calls fail; then the disk works again. */
  refuse(calls: number): void;
  /** Everything of the dead process is over: takes what `loss` says, and a new process may begin. */
  revive(loss: Loss): Promise<void>;
}

interface Name {
  readonly folder: string;
  readonly undo: () => Promise<void>;
}

/** A file of the disk: where it is now, and how much of it is on the medium. */
interface Content {
  path: string;
  written: number;
  synced: number;
}

/**
 * The real file system, with a process that can die at any call and a medium that has only what was synced. `attic`
 * is a folder on the same file system for what was removed and may come back.
 */
export function mortalDisk(attic: string): MortalDisk {
  let alive = Number.POSITIVE_INFINITY;
  let refusals = 0;
  let removed = 0;
  let names: Name[] = [];
  let contents: Content[] = [];

  async function act<T>(whole: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    if (refusals > 0) {
      refusals--;
      throw Object.assign(new Error('ENOSPC: refused by the test'), { code: 'ENOSPC' });
    }
    if (alive > 0) {
      alive--;
      return whole();
    }
    if (alive-- === 0) await half?.();
    throw Object.assign(new Error('EIO: the process is dead'), { code: 'EIO' });
  }

  const moved = (from: string, to: string) => {
    for (const content of contents) if (content.path === from) content.path = to;
  };

  const disk: Disk = {
    makeFolder: (path) => act(() => nodeDisk.makeFolder(path)),
    create: (path) =>
      act(async () => {
        const file = await nodeDisk.create(path);
        const content: Content = { path, written: 0, synced: 0 };
        contents.push(content);
        names.push({ folder: dirname(path), undo: () => unlink(content.path) });
        const write = async (bytes: Uint8Array, position: number) => {
          const wrote = await file.write(bytes, position);
          content.written = Math.max(content.written, position + wrote);
          return wrote;
        };
        return {
          write: (bytes, position) =>
            act(
              () => write(bytes, position),
              () => write(bytes.subarray(0, bytes.length >> 1), position),
            ),
          sync: () =>
            act(async () => {
              await file.sync();
              content.synced = content.written;
            }),
          // The system closes the files of the dead.
          close: () => file.close(),
        };
      }),
    rename: (from, to) =>
      act(async () => {
        const kept = (await exists(to)) ? await keep(to) : null;
        await rename(from, to);
        contents = contents.filter(({ path }) => path !== to);
        moved(from, to);
        names.push({
          folder: dirname(to),
          async undo() {
            await rename(to, from);
            moved(to, from);
            if (kept !== null) await link(kept, to);
          },
        });
      }),
    remove: (path) =>
      act(async () => {
        const kept = (await exists(path)) ? await keep(path) : null;
        await unlink(path);
        names.push({
          folder: dirname(path),
          async undo() {
            if (kept !== null) await link(kept, path);
          },
        });
      }),
    syncFolder: (path) =>
      act(async () => {
        await nodeDisk.syncFolder(path);
        names = names.filter(({ folder }) => folder !== path);
      }),
  };

  /** The content of `path` under a name of the attic. */
  async function keep(path: string): Promise<string> {
    const kept = join(attic, `${removed++}-${basename(path)}`);
    await mkdir(attic, { recursive: true });
    await link(path, kept);
    return kept;
  }

  return {
    disk,
    remote: remoteOf(act),
    get dead() {
      return alive < 0;
    },
    dieAfter(calls) {
      alive = calls;
    },
    refuse(calls) {
      refusals = calls;
    },
    async revive({ data, names: lost }) {
      if (lost) {
        for (const name of names.toReversed()) await name.undo();
      }
      for (const { path, written, synced } of data ? contents : []) {
        if (synced < written && (await exists(path))) await truncate(path, synced);
      }
      // What survived is on the medium now, or will be long before the next loss.
      names = [];
      contents = [];
      alive = Number.POSITIVE_INFINITY;
      refusals = 0;
    },
  };
}

type Act = <T>(whole: () => Promise<T>, half?: () => Promise<unknown>) => Promise<T>;

function remoteOf(act: Act): Disk {
  return {
    makeFolder: (path) => act(() => nodeDisk.makeFolder(path)),
    rename: (from, to) => act(() => nodeDisk.rename(from, to)),
    remove: (path) => act(() => nodeDisk.remove(path)),
    syncFolder: (path) => act(() => nodeDisk.syncFolder(path)),
    create: (path) =>
      act(async () => {
        const file = await nodeDisk.create(path);
        return {
          write: (bytes, position) =>
            act(
              () => file.write(bytes, position),
              () => file.write(bytes.subarray(0, bytes.length >> 1), position),
            ),
          sync: () => act(() => file.sync()),
          close: () => file.close(),
        };
      }),
  };
}
