import type { ArchiveReport, InspectReport } from '../inspector/report.ts';

/** When a recorder last wrote frames, in milliseconds: the newest archived one, or a write to the archive that is open. */
export function lastWritten(
  report: InspectReport,
  archives: readonly Pick<ArchiveReport, 'last_received_at'>[],
): number | null {
  const times = [
    ...report.open
      .filter((open) => open.path.includes('/ws_raw/') && open.bytes > 0)
      .map((open) => open.modified_at),
    ...archives.flatMap((one) => (one.last_received_at === null ? [] : [one.last_received_at])),
  ].map((text) => Date.parse(text));
  return times.length === 0 ? null : Math.max(...times);
}
