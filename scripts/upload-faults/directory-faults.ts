import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Disk, type DiskFile, nodeDisk } from '../../runtime/archive/disk.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { directoryRemote } from '../../runtime/uploader/directory.ts';
import { UploadError } from '../../runtime/uploader/error.ts';
import type { Remote, UploadFile } from '../../runtime/uploader/remote.ts';
import { upload } from '../../runtime/uploader/upload.ts';
import { findViolations, folderView, unfinished } from './judge.ts';
import type { Family } from './outcome.ts';
import { addArchive, makePlace, PROVENANCE, removePlace } from './place.ts';
import type { Random } from './random.ts';

/** More calls than one run makes: a fault planned beyond the last call becomes one at a random call before it. */
const CALLS = 60;

/** Faults of the disks on both sides, and of a remote behind the injectable interface. */
export async function directoryFaults(random: Random): Promise<Family> {
  const place = await makePlace();
  const view = folderView(place);
  const run = (disk: Disk, remote: Remote, signal?: AbortSignal) =>
    upload({
      dataRoot: place.dataRoot,
      remote,
      disk,
      provenance: PROVENANCE,
      minimumAgeMs: 0,
      retentionMs: 0,
      ...(signal === undefined ? {} : { signal }),
    }).then(
      ({ status }) => status,
      (error: unknown) => `threw ${messageOf(error)}`,
    );
  const honest = (disk: Disk, signal?: AbortSignal) =>
    directoryRemote(place.target, {
      dataRoot: place.dataRoot,
      disk,
      ...(signal === undefined ? {} : { signal }),
    });
  return {
    name: 'directory',
    async inject() {
      await addArchive(place, random);
      if (random.below(2) === 0) {
        const at = random.below(CALLS);
        const kind = random.pick<DiskFault>(DISK_FAULTS);
        const abort = new AbortController();
        const inside = kind === 'full remote' ? place.target : '';
        const disk = faultyDisk(kind, at, inside, () => abort.abort(new Error('told to stop')));
        const ended = await run(disk, honest(disk, abort.signal), abort.signal);
        return { fault: `disk: ${kind} at call ${at}`, ended };
      }
      const spoil = random.pick(SPOILS);
      const ended = await run(nodeDisk, spoil.wrap(honest(nodeDisk), place.target, random));
      return { fault: `remote: ${spoil.name}`, ended };
    },
    recover: async () => void (await run(nodeDisk, honest(nodeDisk))),
    violations: () => findViolations(place, view),
    unfinished: () => unfinished(place, view),
    close: () => removePlace(place),
  };
}

interface Spoil {
  readonly name: string;
  wrap(remote: Remote, target: string, random: Random): Remote;
}

/** Does something to one of the copies once all were made. */
function afterCopy(
  name: string,
  act: (path: string, random: Random, other: string) => Promise<unknown>,
): Spoil {
  return {
    name,
    wrap: (remote, target, random) => ({
      ...remote,
      async copy(files) {
        await remote.copy(files);
        const [one, other] = [random.below(files.length), random.below(files.length)];
        const at = (index: number) => join(target, files[index]?.remotePath ?? '');
        await act(at(one), random, at(other));
      },
    }),
  };
}

const SPOILS: readonly [Spoil, ...Spoil[]] = [
  afterCopy('half-written', async (path) => truncate(path, (await readFile(path)).length >> 1)),
  afterCopy('empty', (path) => truncate(path, 0)),
  afterCopy('one bit changed', async (path, random) => {
    const content = await readFile(path);
    const at = random.below(content.length);
    content[at] = (content[at] ?? 0) ^ (1 << random.below(8));
    await writeFile(path, content);
  }),
  afterCopy('lost', (path) => rm(path)),
  afterCopy('two swapped', async (path, _random, other) => {
    await rename(path, `${path}.x`);
    await rename(other, path).catch(() => rename(`${path}.x`, path));
    await rename(`${path}.x`, other).catch(() => undefined);
  }),
  afterCopy('a folder in its place', async (path) => {
    await rm(path);
    await mkdir(path);
    // The next copy can only take the place of an empty folder that is gone.
    await rm(path, { recursive: true });
  }),
  afterCopy('a dangling link', async (path) => {
    await rm(path);
    await symlink('nowhere', path);
  }),
  afterCopy('strangers beside it', async (path) => {
    await writeFile(join(dirname(path), '.stranger.part'), 'x');
    await writeFile(join(dirname(path), 'stranger'), String((await readdir(dirname(path))).length));
  }),
  {
    name: 'says that it copied and does nothing',
    wrap: (remote) => ({ ...remote, copy: async () => undefined }),
  },
  {
    name: 'copies some of the files and fails',
    wrap: (remote, _target, random) => ({
      ...remote,
      async copy(files: readonly UploadFile[]) {
        await remote.copy(files.slice(0, random.below(files.length)));
        throw new UploadError('REMOTE_UNUSABLE', 'the remote is full');
      },
    }),
  },
  {
    name: 'answers for some of the files only',
    wrap: (remote) => ({
      ...remote,
      async verify(files, depth) {
        const { by, results } = await remote.verify(files, depth);
        return { by, results: new Map([...results].filter((_entry, index) => index % 2 === 0)) };
      },
    }),
  },
  {
    name: 'cannot be asked after the copying',
    wrap: (remote) => ({
      ...remote,
      verify: () => Promise.reject(new UploadError('RCLONE_FAILED', 'time-out')),
    }),
  },
  {
    name: 'is lost between copying and deletion',
    wrap: (remote, target) => {
      let asked = 0;
      return {
        ...remote,
        async verify(files, depth) {
          // The second question is the one before the deletion.
          if (++asked === 2) for (const file of files) await rm(join(target, file.remotePath));
          return remote.verify(files, depth);
        },
      };
    },
  },
];

type DiskFault = 'refuse' | 'half' | 'lie' | 'die' | 'stop' | 'full remote';
const DISK_FAULTS: readonly [DiskFault, ...DiskFault[]] = [
  'refuse',
  'half',
  'lie',
  'die',
  'stop',
  'full remote',
];

/** A disk that suffers `kind` at its call number `at`, counting only calls for paths that begin with `inside`. */
function faultyDisk(kind: DiskFault, at: number, inside: string, stop: () => void): Disk {
  let calls = -1;
  const lasting = kind === 'die' || kind === 'full remote';
  const guard = async <T>(path: string, act: () => Promise<T>, half?: () => Promise<unknown>) => {
    if (!path.startsWith(inside)) return act();
    calls++;
    if (calls !== at % CALLS && !(lasting && calls > at)) return act();
    if (kind === 'stop') {
      stop();
      return act();
    }
    if (kind === 'lie') {
      const made = await act();
      if (isFile(made)) await made.close();
    }
    if (kind === 'half' || kind === 'die') await half?.();
    throw Object.assign(new Error('ENOSPC: refused by the fault run'), { code: 'ENOSPC' });
  };
  return {
    makeFolder: (path) => guard(path, () => nodeDisk.makeFolder(path)),
    rename: (from, to) => guard(to, () => nodeDisk.rename(from, to)),
    remove: (path) => guard(path, () => nodeDisk.remove(path)),
    syncFolder: (path) => guard(path, () => nodeDisk.syncFolder(path)),
    create: (path) =>
      guard(path, async () => {
        const file = await nodeDisk.create(path);
        return {
          write: (bytes, position) =>
            guard(
              path,
              () => file.write(bytes, position),
              () => file.write(bytes.subarray(0, bytes.length >> 1), position),
            ),
          sync: () => guard(path, () => file.sync()),
          async close() {
            await file.close();
            await guard(path, async () => undefined);
          },
        };
      }),
  };
}

function isFile(made: unknown): made is DiskFile {
  return typeof made === 'object' && made !== null && 'close' in made;
}
