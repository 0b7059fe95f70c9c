import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { Counter, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { AnswerLog } from '../../../runtime/archive/answer-log.ts';
import { DiskBudget, type DiskLevel, measureRoom } from '../../../runtime/archive/disk-budget.ts';
import { watchDisk } from '../../../runtime/archive/disk-watch.ts';
import { readArchive } from '../../../runtime/archive/reader.ts';
import type { Stream } from '../../../runtime/archive/row.ts';
import { openArchive } from '../../../runtime/archive/run-archive.ts';
import { walk } from '../../../runtime/archive/walk.ts';
import { configuration } from '../../../runtime/config/schema.ts';
import { frame, provenanceOf, withFolder } from './rows.ts';

const LIMITS = { warnBelow: 1_000, shedRestBelow: 500, shedFramesBelow: 100 };
const at = '2026-11-21T10:00:00.000000Z';
const answer = {
  type: 'checkpoint' as const,
  requested_at: at,
  received_at: at,
  url: 'http://127.0.0.1/books',
  status: 200,
  token_ids: ['1'] as string[],
  omitted: [] as string[],
  payload_sha256: '0'.repeat(64),
  raw_text: '[]',
};

/** A budget whose room the test sets. */
function budgetWith(changes: (readonly [DiskLevel, number])[] = []) {
  const disk = { room: 10_000 };
  const budget = new DiskBudget(
    LIMITS,
    async () => disk.room,
    (level, room) => void changes.push([level, room]),
  );
  const set = async (room: number) => {
    disk.room = room;
    await budget.look();
    return budget.level;
  };
  return { budget, set };
}

describe('disk budget', () => {
  it('warns first, then sheds answers of REST, and frames last', async () => {
    const { budget, set } = budgetWith();
    const shed = () =>
      (['ws_raw', 'rest_checkpoints', 'rest_snapshots'] as const).filter(
        (stream) => budget.sheds(stream) !== null,
      );
    expect([await set(1_000), shed(), budget.condition().ok]).toEqual(['roomy', [], true]);
    expect([await set(999), shed(), budget.condition().ok]).toEqual(['low', [], true]);
    const rest = ['rest_checkpoints', 'rest_snapshots'];
    expect([await set(499), shed(), budget.condition().ok]).toEqual(['critical', rest, false]);
    expect([await set(99), shed(), budget.condition().ok]).toEqual([
      'exhausted',
      ['ws_raw', ...rest],
      false,
    ]);
    expect(budget.condition().detail).toContain('99 bytes of room');
  });

  it('is better again by itself, and only once there is clearly more room', async () => {
    const changes: (readonly [DiskLevel, number])[] = [];
    const { set } = budgetWith(changes);
    await set(90);
    expect(await set(105)).toBe('exhausted');
    expect(await set(111)).toBe('critical');
    expect(await set(520)).toBe('critical');
    expect(await set(5_000)).toBe('roomy');
    expect(changes).toEqual([
      ['exhausted', 90],
      ['critical', 111],
      ['roomy', 5_000],
    ]);
  });

  it('keeps its level while the disk cannot be asked, and says so', async () => {
    const disk = { room: 400, fails: false };
    const budget = new DiskBudget(LIMITS, async () => {
      if (disk.fails) throw new Error('EIO: statfs');
      return disk.room;
    });
    await budget.look();
    disk.fails = true;
    await budget.look();
    expect(budget.level).toBe('critical');
    expect(budget.condition().detail).toContain('EIO: statfs');
  });

  it('counts what lies below the data root against a maximum, without following links', () =>
    withFolder(async (folder) => {
      const dataRoot = join(folder, 'data');
      await mkdir(join(dataRoot, 'deep/er'), { recursive: true });
      await writeFile(join(folder, 'outside'), Buffer.alloc(5_000));
      await writeFile(join(dataRoot, 'deep/er/file'), Buffer.alloc(700));
      await symlink('../outside', join(dataRoot, 'l'));
      expect(await measureRoom(dataRoot, 1_000)).toBe(1_000 - 700 - '../outside'.length);
      expect(await measureRoom(dataRoot, 100)).toBe(0);
      expect(await measureRoom(dataRoot)).toBeGreaterThan(0);
    }));

  it('refuses limits in the wrong order', () => {
    const parse = (disk: object) => configuration.safeParse({ disk });
    expect(parse({ warnBelow: 10, shedRestBelow: 5, shedFramesBelow: 0 }).success).toBe(true);
    for (const wrong of [
      { warnBelow: 4, shedRestBelow: 5, shedFramesBelow: 0 },
      { warnBelow: 10, shedRestBelow: 5, shedFramesBelow: 6 },
      { warnBelow: 10, shedRestBelow: 5, shedFramesBelow: 0, maximumBytes: 10 },
    ]) {
      expect(parse(wrong).error?.issues[0]?.message).toContain('expected');
    }
  });
});

describe('archives on a disk that fills up', () => {
  it('lose checkpoints before frames, say so in gap rows, and are whole again once there is room', () =>
    withFolder(async (dataRoot) => {
      const registry = new Registry();
      const logger = pino({ level: 'silent' });
      const settings = configuration.parse({ disk: { ...LIMITS, lookEvery: '1h' } });
      const disk = { room: 10_000 };
      const watch = await watchDisk({
        dataRoot,
        configuration: settings,
        registry,
        logger,
        measure: async () => disk.room,
      });
      const archivesClosed = new Counter({
        name: 'closed',
        help: 'closed',
        labelNames: ['stream'] as const,
        registers: [],
      });
      const open = async (stream: Stream) =>
        watch.guard(
          await openArchive({
            dataRoot,
            stream,
            provenance: provenanceOf('run1'),
            configuration: settings,
            metrics: { archivesClosed },
            logger,
          }),
          stream,
        );
      const frames = await open('ws_raw');
      const checkpoints = await open('rest_checkpoints');
      const log = new AnswerLog(checkpoints, logger);
      const kept: (readonly [frame: boolean, answer: boolean])[] = [];
      for (const [index, room] of [10_000, 900, 400, 400, 50, 50, 300, 10_000].entries()) {
        disk.room = room;
        await watch.budget.look();
        kept.push([frames.append(frame(index)) !== null, log.write(answer) !== null]);
        expect(checkpoints.trouble === null).toBe(room > 500);
      }
      expect(kept).toEqual([
        [true, true],
        [true, true],
        [true, false],
        [true, false],
        [false, false],
        [false, false],
        [true, false],
        [true, true],
      ]);
      watch.stop();
      await frames.close();
      await checkpoints.close();
      const told = await gapsAndRows(dataRoot);
      expect(told.rest_checkpoints?.rows).toBe(3);
      const gaps = told.rest_checkpoints?.gaps ?? [];
      expect(gaps[0]).toContain('rows of rest_checkpoints are shed: 400 bytes of room');
      const lost = gaps.flatMap((gap) => /^(\d+) checkpoints were not kept/.exec(gap)?.[1] ?? []);
      expect(lost.reduce((sum, text) => sum + Number(text), 0)).toBe(5);
      expect(told.ws_raw).toMatchObject({
        rows: 6,
        gaps: [expect.stringContaining('rows of ws_raw are shed: 50 bytes of room')],
      });
      const text = await registry.metrics();
      expect(text).toContain('orderbooks_disk_shed_rows_total{stream="rest_checkpoints"} 5');
      expect(text).toContain('orderbooks_disk_shed_rows_total{stream="ws_raw"} 0');
    }));
});

async function gapsAndRows(dataRoot: string) {
  const told: Partial<Record<Stream, { gaps: string[]; rows: number }>> = {};
  for await (const { path } of walk(dataRoot, 'raw_orderbooks')) {
    const here = { gaps: [] as string[], rows: 0 };
    told[path.split('/')[2] as Stream] = here;
    await readArchive(join(dataRoot, path), {
      onRows(rows) {
        for (const { row } of rows) {
          if (row.type === 'gap') here.gaps.push(row.detail);
          else here.rows++;
        }
      },
    });
  }
  return told;
}
