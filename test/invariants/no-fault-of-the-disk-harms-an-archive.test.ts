import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ReadRow, readArchive } from '../../runtime/archive/reader.ts';
import { salvageArchives } from '../../runtime/archive/salvage.ts';
import { type ArchiveEvent, ArchiveWriter } from '../../runtime/archive/writer.ts';
import { inspect } from '../../runtime/inspector/inspect.ts';
import { isClean, reportText } from '../../runtime/inspector/text.ts';
import {
  type Fault,
  type FaultyDisk,
  faultyDisk,
  hastyClock,
} from '../runtime/archive/faulty-disk.ts';
import { frame, LIMITS, provenanceOf, withFolder } from '../runtime/archive/rows.ts';

const ROWS = 90;
const FAULTS: readonly Fault[] = ['refuse', 'half', 'lie'];

interface Written {
  /** Rows that a flush said were on the medium. */
  readonly durable: number;
  readonly failures: number;
  readonly closeError: string | null;
}

/** Ninety rows in three flushes and two or more segments; what the disk refuses is refused as planned. */
async function write(
  dataRoot: string,
  faulty: FaultyDisk,
  gaveUp: () => boolean,
  // The hasty clock makes 40 s of it, on a machine however slow.
  closeTimeoutMs = 4_000_000,
): Promise<Written> {
  let failures = 0;
  const writer = await ArchiveWriter.open({
    dataRoot,
    stream: 'ws_raw',
    provenance: provenanceOf('run1'),
    limits: { ...LIMITS, rotateBytes: 4_000, closeTimeoutMs },
    disk: faulty.disk,
    clock: hastyClock,
    onEvent(event: ArchiveEvent) {
      if (event.kind === 'failed') failures++;
    },
  });
  for (let index = 0; index < ROWS; index++) {
    expect(writer.append(frame(index))).toBe(index);
    if (index % 30 === 29 && !gaveUp()) {
      // Not awaited: it resolves only once the disk works, and the disk may be dead for good.
      void writer.flush();
      while (!gaveUp() && (writer.durableSequence ?? -1) < index) await turn();
    }
  }
  const durable = (writer.durableSequence ?? -1) + 1;
  try {
    await writer.close();
    return { durable: ROWS, failures, closeError: null };
  } catch (error) {
    return { durable, failures, closeError: String(error) };
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function rowsIn(
  dataRoot: string,
): Promise<{ rows: ReadRow[]; text: string; clean: boolean }> {
  const report = await inspect({ dataRoot });
  const rows: ReadRow[] = [];
  for (const archive of report.archives) {
    await readArchive(join(dataRoot, archive.path), {
      onRows: (some) => {
        rows.push(...some);
      },
    });
  }
  const nothing = report.problems.every((problem) => problem.includes('was anything recorded?'));
  const clean = (isClean(report) || (rows.length === 0 && nothing)) && report.open.length === 0;
  return { rows, text: reportText(report), clean };
}

async function callsWithoutFault(): Promise<number> {
  return withFolder(async (dataRoot) => {
    const faulty = faultyDisk(() => null);
    await write(dataRoot, faulty, () => false);
    return faulty.calls.length;
  });
}

describe('invariant 4: a disk that refuses once is used again, and no row is lost', () => {
  it.each(FAULTS)(
    'at every call in turn (%s)',
    async (fault) => {
      const calls = await callsWithoutFault();
      expect(calls).toBeGreaterThan(40);
      for (let at = 0; at < calls; at++) {
        await withFolder(async (dataRoot) => {
          const faulty = faultyDisk((call) => (call === at ? fault : null), 'EIO');
          // Before the writer is open its caller hears of it directly.
          let written: Written;
          try {
            written = await write(dataRoot, faulty, () => false);
          } catch (error) {
            expect(String(error)).toContain('failed by the test');
            expect(at).toBeLessThan(4);
            return;
          }
          const what = `${fault} at call ${at} (${faulty.calls[at]})`;
          expect(written.closeError, what).toBeNull();
          expect(faulty.faults, what).toBe(1);
          const { rows, text, clean } = await rowsIn(dataRoot);
          expect(
            rows.map(({ row }) => row.sequence),
            what,
          ).toEqual(Array.from({ length: ROWS }, (_unused, index) => index));
          expect(clean, `${what}\n${text}`).toBe(true);
        });
      }
    },
    120_000,
  );
});

describe('invariants 1 and 3: whatever was on the medium when the disk died is in an archive after salvage', () => {
  it.each(FAULTS)(
    'died at every call in turn (%s), salvage interrupted at every call too',
    async (fault) => {
      const calls = await callsWithoutFault();
      let salvaged = 0;
      for (let at = 4; at < calls; at++) {
        await withFolder(async (dataRoot) => {
          const faulty = faultyDisk((call) => (call < at ? null : call === at ? fault : 'refuse'));
          const written = await write(dataRoot, faulty, () => faulty.calls.length > at, 1_000);
          const what = `dead from call ${at} (${faulty.calls[at]}, ${fault})`;
          for (let interrupted = 0; ; interrupted++) {
            const again = faultyDisk((call) => (call >= interrupted ? 'refuse' : null));
            const actions = await salvageArchives({ dataRoot, disk: again.disk }).catch(() => null);
            if (actions?.some((action) => action.kind === 'salvaged')) salvaged++;
            // The writer's last call may still be under way.
            const living = actions?.some((action) => action.kind === 'living') ?? false;
            if (again.faults === 0 && !living) break;
            await turn();
          }
          const { rows, text, clean } = await rowsIn(dataRoot);
          expect(clean, `${what}\n${text}`).toBe(true);
          const frames = rows.filter(({ row }) => row.type === 'frame');
          expect(frames.length, what).toBeGreaterThanOrEqual(written.durable);
          expect(
            rows.map(({ row }) => row.sequence),
            what,
          ).toEqual(rows.map((_row, index) => index));
        });
      }
      expect(salvaged).toBeGreaterThan(0);
    },
    120_000,
  );
});
