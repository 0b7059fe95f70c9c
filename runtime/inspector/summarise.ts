import { join } from 'node:path';
import { isSystemError } from '../archive/error.ts';
import { closedPath, parseArchiveName } from '../archive/layout.ts';
import { describe } from '../archive/measure.ts';
import { type ReadRow, readArchive } from '../archive/reader.ts';
import { EventTally, type MarketWindow } from './event-tally.ts';
import { readRunManifests } from './manifests.ts';
import { selectArchives } from './selection.ts';
import { BUCKET_MS, type EventSummary } from './summary.ts';

export interface SummariseOptions {
  readonly dataRoot: string;
  /** The window, by the service's time stamps. */
  readonly since: Date;
  readonly until: Date;
  /** How long a bucket is, in milliseconds. */
  readonly bucketMs?: number;
  readonly now?: () => Date;
}

/**
 * Says compactly which events the recorder of a data root kept in a window: closed archives and, as far as they reached
 * the disk, open ones. Changes nothing. Trouble with single files is in `problems`.
 */
export async function summarise(options: SummariseOptions): Promise<EventSummary> {
  const { dataRoot, since, until, bucketMs = BUCKET_MS } = options;
  const tally = new EventTally(since.getTime(), until.getTime(), { bucketMs });
  const selection = await selectArchives({ dataRoot, since: since.getTime(), paths: [] });
  const closed = selection.archives.filter((path) => streamOf(path) === 'ws_raw');
  const open = selection.open
    .map(({ path }) => path)
    .filter((path) => streamOf(closedPath(path) ?? '') === 'ws_raw');
  tally.problems.push(...selection.problems);
  const runs = await readRunManifests(dataRoot, since.getTime(), new Set());
  const slugs = new Map<string, string>();
  for (const { markets, component, updated_at } of runs.manifests) {
    for (const { condition_id, slug } of markets) slugs.set(condition_id, slug);
    if (component !== 'ws-recorder' || Date.parse(updated_at) < since.getTime()) continue;
    for (const { condition_id } of markets) tally.expect(condition_id);
  }
  let archives = 0;
  let run: string | undefined;
  for (const path of [...closed, ...open]) {
    const of = parseArchiveName(closedPath(path) ?? path)?.runId;
    // Connections of different runs may have the same names.
    if (of !== run) tally.endOfRun();
    run = of;
    try {
      const read = await readArchive(join(dataRoot, path), {
        onRows: (rows) => addRows(tally, rows),
      });
      archives++;
      // An open one ends where its writer last flushed.
      if (closedPath(path) === null) {
        tally.problems.push(...read.problems.map((problem) => `${path}: ${describe(problem)}`));
      }
    } catch (error) {
      // It was closed and renamed meanwhile: what it held is missing at the end of the coverage, and nowhere else.
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return {
    schema: 'orderbooks.summary.v1',
    summarised_at: (options.now ?? (() => new Date()))().toISOString(),
    since: since.toISOString(),
    until: until.toISOString(),
    archives,
    ...tally.result((market) => windowOf(slugs.get(market))),
  };
}

function addRows(tally: EventTally, rows: readonly ReadRow[]): void {
  for (const { row } of rows) {
    if (row.type === 'frame') tally.frame(row);
    else if (row.type === 'gap') tally.gap(row);
  }
}

function streamOf(path: string): string | undefined {
  return parseArchiveName(path)?.stream;
}

const BY_CLOCK = /-(5|15)m-(\d+)$/;

/** Only 5m and 15m markets tell it by their slug alone. */
function windowOf(slug: string | undefined): MarketWindow | null {
  const [, minutes, opens] = BY_CLOCK.exec(slug ?? '') ?? [];
  if (minutes === undefined) return null;
  const opensAt = Number(opens) * 1000;
  return { opensAt, endsAt: opensAt + Number(minutes) * 60_000 };
}
