import { describe, expect, it } from 'vitest';
import type { Stream } from '../../../runtime/archive/row.ts';
import { inspectOnceClosed, waitForClosed } from '../../../runtime/gates/closed-archives.ts';
import type { ArchiveReport } from '../../../runtime/inspector/report.ts';
import { World } from './world.ts';

const POD = 'recorder-promoted';
const BOTH = ['ws_raw', 'rest_checkpoints'] as const;
/** Without counts to go by, an inspection is made this often. */
const GIVES_UP_MS = 15_000;
const COUNTER = /^orderbooks_archive_closed_total.*\n/gm;

/** How long was waited for archives of `streams` in a world where metrics are changed by `by`, seconds after its start. */
async function waited(by: (text: string, seconds: number) => string): Promise<number> {
  const world = new World();
  const begun = world.time;
  world.change.metrics = (text) => by(text, (world.time - begun) / 1000);
  await waitForClosed(world.context(), POD, BOTH, begun + 60_000);
  return world.time - begun;
}

function closed(text: string, stream: string, count: number): string {
  return text.replace(
    new RegExp(`(closed_total\\{stream="${stream}"\\}) \\d+`),
    (_line, name: string) => `${name} ${count}`,
  );
}

describe('waiting for closed archives', () => {
  it('ends when the metrics count one of each stream, and not when they count one of some', async () => {
    const both = await waited((text, seconds) =>
      closed(closed(text, 'ws_raw', 1), 'rest_checkpoints', seconds < 20 ? 0 : 1),
    );
    expect(both).toBe(20_000);
  });

  it('ends at the deadline while they count none', async () => {
    expect(await waited((text) => closed(text, 'ws_raw', 0))).toBe(60_000);
  });

  it('ends soon where they say nothing of archives, or nothing at all', async () => {
    expect(await waited((text) => text.replaceAll(COUNTER, ''))).toBe(GIVES_UP_MS);
    expect(await waited(() => 'nothing')).toBe(GIVES_UP_MS);
  });

  it('goes on after one scrape failed', async () => {
    const again = await waited((text, seconds) =>
      seconds < 1 ? '' : closed(text, 'ws_raw', seconds < 30 ? 0 : 1),
    );
    expect(again).toBe(30_000);
  });
});

describe('an inspection of closed archives', () => {
  /** Inspections made until the report was believed, and what it then held. */
  async function inspected(
    shows: (inspection: number, archive: ArchiveReport) => ArchiveReport | null,
    streams: readonly Stream[] = BOTH,
  ) {
    const world = new World({ earlierRun: false });
    let inspections = 0;
    world.change.inspect = (report) => {
      inspections += 1;
      return {
        ...report,
        archives: report.archives.flatMap((one) => shows(inspections, one) ?? []),
      };
    };
    const context = {
      ...world.context({ dataTimeout: 60_000 }),
      demanded: <T>(_wait: string, work: () => Promise<T>) => work(),
    };
    const awaited = { component: 'ws-recorder', pod: POD, streams } as const;
    const { report } = await inspectOnceClosed(context, awaited, {});
    return { inspections, streams: new Set(report.archives.map((one) => one.stream)) };
  }

  const only = (stream: Stream, one: ArchiveReport) => (one.stream === stream ? one : null);

  it('is made again until it shows an archive of each stream', async () => {
    expect(await inspected((count, one) => (count < 3 ? only('ws_raw', one) : one))).toEqual({
      inspections: 3,
      streams: new Set(BOTH),
    });
  });

  it('is made again while it shows only archives of other streams', async () => {
    const { inspections } = await inspected(
      (count, one) => (count === 1 ? only('rest_checkpoints', one) : one),
      ['ws_raw'],
    );
    expect(inspections).toBe(2);
  });

  it('is made once more where one archive has no manifest yet', async () => {
    const { inspections } = await inspected((_count, one) =>
      only('ws_raw', one) === null ? one : { ...one, manifest: 'missing' },
    );
    expect(inspections).toBe(2);
  });

  it('is believed as it is once the time for it is over', async () => {
    const { inspections, streams } = await inspected((_count, one) => only('ws_raw', one));
    expect(inspections).toBeGreaterThan(2);
    expect(streams).toEqual(new Set(['ws_raw']));
  });
});
