import { mkdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiveClock } from '../../runtime/archive/clock.ts';
import { exists, nodeDisk, replaceFile } from '../../runtime/archive/disk.ts';
import {
  archiveManifestPath,
  RAW_FOLDER,
  RUN_MANIFEST_FOLDER,
} from '../../runtime/archive/layout.ts';
import type { RunManifest } from '../../runtime/archive/manifest.ts';
import { readArchive } from '../../runtime/archive/reader.ts';
import { salvageArchives } from '../../runtime/archive/salvage.ts';
import { walk } from '../../runtime/archive/walk.ts';
import { ArchiveWriter } from '../../runtime/archive/writer.ts';
import { inspect } from '../../runtime/inspector/inspect.ts';
import { isClean, reportText } from '../../runtime/inspector/text.ts';
import { directoryRemote } from '../../runtime/uploader/directory.ts';
import { hastyClock } from '../runtime/archive/faulty-disk.ts';
import { frame, LIMITS, provenanceOf, sha256, withFolder } from '../runtime/archive/rows.ts';
import { DAY_MS, later, uploadTo } from '../runtime/uploader/uploads.ts';
import { type Loss, type MortalDisk, mortalDisk } from './mortal-disk.ts';

/**
 * Invariants 1 to 4 of the design, checked after each of a random order of deeds: recording, rotation, a disk that
 * refuses, death at any call with and without loss of power, salvage, upload, cleanup, and a remote that loses what it
 * had. More with ORDERBOOKS_MODEL_RUNS=2000 npx vitest run test/invariants/any-order-of-deeds-loses-nothing.test.ts
 */
const RUNS = Number(process.env['ORDERBOOKS_MODEL_RUNS'] ?? 20);

/** What must be true of one run of the recorder. */
interface Run {
  readonly id: string;
  /** Payload hashes of the frames that the writer took. */
  readonly taken: string[];
  /** How many of them were said to be on the medium. */
  durable: number;
  end: 'in order' | 'crash' | null;
}

interface Model {
  readonly runs: Run[];
  /** SHA-256 of every archive that was closed, by its path; also of those that were deleted. */
  readonly closed: Map<string, string>;
  /** Closed archives that are not on the local disk any more. */
  readonly deleted: Set<string>;
}

interface World {
  readonly dataRoot: string;
  readonly target: string;
  readonly disk: MortalDisk;
  writer: ArchiveWriter | null;
}

type Deed = fc.AsyncCommand<Model, World>;

const CLOSE_MS = 1_000_000;
/** Waits are a hundred times shorter, and who closes gives up when the process is dead, not when the machine is slow. */
const clockOf = (disk: MortalDisk): ArchiveClock => ({
  now: () => Date.now(),
  after(milliseconds, callback) {
    if (milliseconds !== CLOSE_MS) return hastyClock.after(milliseconds, callback);
    const timer = setInterval(() => {
      if (!disk.dead) return;
      clearInterval(timer);
      callback();
    }, 5);
    return () => clearInterval(timer);
  },
});

function deed(
  name: string,
  when: (model: Readonly<Model>) => boolean,
  act: (model: Model, world: World) => Promise<void>,
  mayDelete = false,
): Deed {
  return {
    check: when,
    toString: () => name,
    async run(model, world) {
      await act(model, world);
      await expectNothingUndone(model, world, mayDelete);
    },
  };
}

const recording = (model: Readonly<Model>) => model.runs.at(-1)?.end === null;
const idle = (model: Readonly<Model>) => !recording(model);
const always = () => true;

function current(model: Model, world: World): { run: Run; writer: ArchiveWriter } {
  const run = model.runs.at(-1);
  if (run === undefined || world.writer === null) throw new Error('expected a run');
  return { run, writer: world.writer };
}

function append(model: Model, world: World, frames: number, bytes: number): void {
  const { run, writer } = current(model, world);
  for (let n = 0; n < frames; n++) {
    const row = frame(run.taken.length, { bytes });
    expect(writer.append(row)).toBe(run.taken.length);
    if (row.type === 'frame') run.taken.push(row.payload_sha256);
  }
}

async function writeRun(world: World, id: string, state: RunManifest['state']): Promise<void> {
  const run: RunManifest = {
    schema: 'orderbooks.run-manifest.v1',
    component: 'ws-recorder',
    ...provenanceOf(id),
    state,
    started_at: new Date().toISOString(),
    updated_at: new Date().toISOString(),
    stopped_at: null,
    market_limit: 0,
    markets: [],
    counters: {},
  };
  const path = join(world.dataRoot, RUN_MANIFEST_FOLDER, `ws-recorder_${id}.json`);
  await replaceFile(nodeDisk, path, JSON.stringify(run));
}

const start = fc.constant(
  deed('start', idle, async (model, world) => {
    const id = `run${model.runs.length + 1}`;
    model.runs.push({ id, taken: [], durable: 0, end: null });
    world.writer = await ArchiveWriter.open({
      dataRoot: world.dataRoot,
      stream: 'ws_raw',
      provenance: provenanceOf(id),
      limits: {
        ...LIMITS,
        flushIntervalMs: 10_000_000,
        rotateBytes: 1_500,
        closeTimeoutMs: CLOSE_MS,
      },
      disk: world.disk.disk,
      clock: clockOf(world.disk),
    });
    await writeRun(world, id, 'running');
  }),
);

const size = fc.constantFrom(20, 400, 3_000);

const record = fc.tuple(fc.nat(12), size).map(([frames, bytes]) =>
  deed(`record ${frames} frames of ${bytes}`, recording, async (model, world) => {
    append(model, world, frames, bytes);
  }),
);

const flush = fc.nat(6).map((refusals) =>
  deed(`flush, refused ${refusals} times`, recording, async (model, world) => {
    const { run, writer } = current(model, world);
    world.disk.refuse(refusals);
    await writer.flush();
    // With nothing to flush nobody asked the disk.
    world.disk.refuse(0);
    expect((writer.durableSequence ?? -1) + 1).toBe(run.taken.length);
    run.durable = run.taken.length;
  }),
);

const stop = fc.constant(
  deed('stop', recording, async (model, world) => {
    const { run, writer } = current(model, world);
    await writer.close();
    run.durable = run.taken.length;
    run.end = 'in order';
    await writeRun(world, run.id, 'stopped');
  }),
);

const loss = fc.record({ data: fc.boolean(), names: fc.boolean() });
const shown = ({ data, names }: Loss) =>
  data || names ? `power lost with ${[data && 'data', names && 'names'].filter(Boolean)}` : 'kill';

const die = fc.tuple(fc.nat(30), fc.nat(8), size, loss).map(([calls, frames, bytes, taken]) =>
  deed(
    `die after ${calls} calls, ${frames} frames of ${bytes}: ${shown(taken)}`,
    recording,
    async (model, world) => {
      const { run, writer } = current(model, world);
      append(model, world, frames, bytes);
      world.disk.dieAfter(calls);
      const flushed = writer.flush();
      while (!world.disk.dead && (writer.durableSequence ?? -1) + 1 < run.taken.length)
        await turn();
      run.durable = (writer.durableSequence ?? -1) + 1;
      const closed = await writer.close().then(
        () => true,
        () => false,
      );
      await flushed;
      // Dead only after everything was closed: then its manifest may still say that it runs.
      if (closed) run.durable = run.taken.length;
      run.end = closed ? 'in order' : 'crash';
      await world.disk.revive(taken);
    },
  ),
);

const salvage = fc.tuple(fc.option(fc.nat(40)), loss).map(([calls, taken]) =>
  deed(
    calls === null ? 'salvage' : `salvage, die after ${calls} calls: ${shown(taken)}`,
    always,
    async (model, world) => {
      // A writer that lives shares the disk: only its own death is told by `die`.
      const dies = calls !== null && idle(model);
      if (dies) world.disk.dieAfter(calls);
      const { dataRoot, disk } = world;
      const done = salvageArchives({ dataRoot, disk: disk.disk, clock: clockOf(disk) });
      const actions = await done.catch(() => null);
      if (dies) await disk.revive(taken);
      else expect(actions?.filter(({ kind }) => kind === 'failed')).toEqual([]);
    },
  ),
);

const upload = fc.tuple(fc.boolean(), fc.option(fc.nat(80)), loss).map(([old, calls, taken]) =>
  deed(
    `upload${old ? ' and clean up' : ''}${calls === null ? '' : `, die after ${calls} calls: ${shown(taken)}`}`,
    always,
    async (model, world) => {
      const dies = calls !== null && idle(model);
      if (dies) world.disk.dieAfter(calls);
      const { dataRoot, target, disk } = world;
      const remote = directoryRemote(target, { dataRoot, disk: disk.remote });
      const now = old ? { now: later(2 * DAY_MS) } : {};
      const done = uploadTo({ dataRoot, target }, { remote, disk: disk.disk, ...now });
      const manifest = await done.catch(() => null);
      if (dies) await disk.revive(taken);
      else expect(manifest?.errors).toEqual([]);
    },
    true,
  ),
);

const spoil = fc.double({ min: 0, max: 0.999, noNaN: true }).map((which) =>
  deed(
    'spoil a copy on the remote',
    ({ closed }) => closed.size > 0,
    async (model, world) => {
      const copies: string[] = [];
      for (const path of model.closed.keys()) {
        const copy = join(world.target, path);
        if (!model.deleted.has(path) && (await exists(copy))) copies.push(copy);
      }
      const copy = copies[Math.floor(which * copies.length)];
      if (copy !== undefined) await truncate(copy, 10);
    },
  ),
);

/** Invariant 1: what was closed is as it was, or was deleted while its remote copy was right. */
async function expectNothingUndone(model: Model, world: World, mayDelete: boolean): Promise<void> {
  for (const [path, due] of model.closed) {
    if (model.deleted.has(path)) continue;
    const file = join(world.dataRoot, path);
    if (await exists(file)) {
      expect(sha256(await readFile(file)), path).toBe(due);
      continue;
    }
    expect(mayDelete, `${path} is gone`).toBe(true);
    expect(sha256(await readFile(join(world.target, path))), path).toBe(due);
    model.deleted.add(path);
  }
  for await (const { path } of walk(world.dataRoot, RAW_FOLDER)) {
    if (!path.endsWith('.jsonl.gz') || model.closed.has(path)) continue;
    // Closed is what has a manifest; before, salvage may still be about to write it.
    if (!(await exists(join(world.dataRoot, archiveManifestPath(path))))) continue;
    model.closed.set(path, sha256(await readFile(join(world.dataRoot, path))));
  }
}

/** Invariants 2 and 3: the frames of each run are the first it took, at least those on the medium, and a gap says so. */
async function expectEveryRun(model: Model, world: World): Promise<void> {
  for (const run of model.runs) {
    const kept: string[] = [];
    let next = 0;
    let last = '';
    const paths = [...model.closed.keys()].filter(
      (path) => path.includes(`_${run.id}_`) && path.includes('/ws_raw/'),
    );
    for (const path of paths.sort(bySegment)) {
      const home = model.deleted.has(path) ? world.target : world.dataRoot;
      await readArchive(join(home, path), {
        onRows(rows) {
          for (const { row } of rows) {
            expect(row.sequence, run.id).toBe(next++);
            last = row.type === 'gap' ? row.reason : row.type;
            if (row.type === 'frame') kept.push(row.payload_sha256);
          }
        },
      });
    }
    expect(kept, run.id).toEqual(run.taken.slice(0, kept.length));
    expect(kept.length, run.id).toBeGreaterThanOrEqual(run.durable);
    if (run.end === 'crash' && kept.length < run.taken.length) expect(last, run.id).toBe('crash');
  }
}

const segmentOf = (path: string) => path.slice(-'000001.jsonl.gz'.length);
const bySegment = (a: string, b: string) => (segmentOf(a) < segmentOf(b) ? -1 : 1);

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The next start, with a good disk: invariant 4 says that nothing more is needed. */
async function settle(model: Model, world: World): Promise<void> {
  if (recording(model)) {
    const { run, writer } = current(model, world);
    await writer.close();
    run.durable = run.taken.length;
    run.end = 'in order';
  }
  const { dataRoot, disk } = world;
  for (let left = true; left; ) {
    const actions = await salvageArchives({ dataRoot, disk: disk.disk, clock: clockOf(disk) });
    left = actions.some(({ kind }) => kind === 'living' || kind === 'failed');
    if (left) await turn();
  }
  await expectNothingUndone(model, world, false);
}

describe('invariants 1 to 4', () => {
  it('hold whatever is done, refused, killed and lost, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.commands(
          [
            start,
            start,
            record,
            record,
            flush,
            flush,
            stop,
            die,
            die,
            salvage,
            upload,
            upload,
            upload,
            spoil,
            spoil,
          ],
          {
            maxCommands: 40,
            size: 'max',
          },
        ),
        (deeds) =>
          withFolder(async (folder) => {
            const world: World = {
              dataRoot: join(folder, 'data'),
              target: join(folder, 'remote'),
              disk: mortalDisk(join(folder, 'attic')),
              writer: null,
            };
            await mkdir(world.dataRoot);
            await mkdir(world.target);
            const model: Model = { runs: [], closed: new Map(), deleted: new Set() };
            await fc.asyncModelRun(() => ({ model, real: world }), deeds);
            await settle(model, world);
            await expectEveryRun(model, world);
            const report = await inspect({ dataRoot: world.dataRoot });
            const never = report.problems.every((text) => text.includes('was anything recorded?'));
            expect(isClean(report) || (model.closed.size === 0 && never), reportText(report)).toBe(
              true,
            );
            expect(report.open).toEqual([]);
          }),
      ),
      { numRuns: RUNS },
    );
  }, 120_000);
});
