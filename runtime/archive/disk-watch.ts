import { setTimeout as wait } from 'node:timers/promises';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Configuration } from '../config/schema.ts';
import type { Logger } from '../observability/logger.ts';
import { DiskBudget, measureRoom, rank } from './disk-budget.ts';
import type { Stream } from './row.ts';
import type { RunArchive } from './run-archive.ts';

export interface DiskWatch {
  readonly budget: DiskBudget;
  /** The archive, without the rows that the budget sheds. */
  guard(archive: RunArchive, stream: Stream): RunArchive;
  stop(): void;
}

/** Looks at the disk now and then again and again; logs and counts what it finds. */
export async function watchDisk(options: {
  readonly dataRoot: string;
  readonly configuration: Configuration;
  readonly registry: Registry;
  readonly logger: Logger;
  /** For tests: bytes that may still be written. */
  readonly measure?: () => Promise<number>;
}): Promise<DiskWatch> {
  const { dataRoot, registry, logger } = options;
  const { disk } = options.configuration;
  const metrics = diskMetrics(registry);
  const measure = options.measure ?? (() => measureRoom(dataRoot, disk.maximumBytes));
  const budget = new DiskBudget(disk, measure, (level, room) => {
    const said = { level, room_bytes: room, limits: disk };
    if (level === 'roomy') logger.info(said, 'the disk has room again');
    else if (level === 'low') logger.warn(said, 'the disk is getting full; everything is archived');
    else if (level === 'critical') {
      logger.error(said, 'the disk is nearly full: answers of REST are shed, frames are archived');
    } else logger.error(said, 'the disk is full: frames and answers of REST are shed');
  });
  const look = async () => {
    await budget.look();
    metrics.room.set(budget.roomBytes ?? 0);
    metrics.level.set(rank(budget.level));
  };
  const stop = new AbortController();
  await look();
  void (async () => {
    while (!stop.signal.aborted) {
      // An abort is how the pause is meant to be cut short; the loop's condition sees it.
      await wait(disk.lookEvery, undefined, { signal: stop.signal, ref: false }).catch(
        () => undefined,
      );
      if (!stop.signal.aborted) await look();
    }
  })();
  return {
    budget,
    guard: (archive, stream) => guarded(archive, stream, budget, metrics.shed),
    stop: () => stop.abort(),
  };
}

/**
 * `archive` that takes no frame and no answer while the budget sheds its stream, and then holds a gap row that says so.
 * Gap rows are always taken. Who is refused counts what was lost and says it as after a disk that refused.
 */
function guarded(
  archive: RunArchive,
  stream: Stream,
  budget: DiskBudget,
  shed: Counter<'stream'>,
): RunArchive {
  let shedding = false;
  shed.inc({ stream }, 0);
  return {
    append(row) {
      const reason = row.type === 'gap' ? null : budget.sheds(stream);
      if (row.type === 'gap') return archive.append(row);
      if (reason === null) {
        shedding = false;
        return archive.append(row);
      }
      if (!shedding) {
        const at = row.received_at;
        const gap = { type: 'gap', connection_id: null, reason: 'overflow', since: null } as const;
        shedding = archive.append({ ...gap, at, detail: reason }) !== null;
      }
      // A frame is offered again until it is taken; those that are lost meanwhile are counted where they are.
      if (row.type === 'checkpoint') shed.inc({ stream });
      return null;
    },
    setTokens: (tokens) => archive.setTokens(tokens),
    flush: () => archive.flush(),
    close: () => archive.close(),
    get queuedBytes() {
      return archive.queuedBytes;
    },
    get durableSequence() {
      return archive.durableSequence;
    },
    get trouble() {
      return archive.trouble ?? budget.sheds(stream);
    },
  };
}

function diskMetrics(registry: Registry) {
  const registers = [registry];
  return {
    room: new Gauge({
      name: 'orderbooks_disk_room_bytes',
      help: 'Bytes that may still be written below the data root.',
      registers,
    }),
    level: new Gauge({
      name: 'orderbooks_disk_level',
      help: '0 roomy, 1 low, 2 critical (answers of REST are shed), 3 exhausted (frames too).',
      registers,
    }),
    shed: new Counter({
      name: 'orderbooks_disk_shed_rows_total',
      help: 'Answers of REST that were not archived because the disk had no room for them.',
      labelNames: ['stream'] as const,
      registers,
    }),
  };
}
