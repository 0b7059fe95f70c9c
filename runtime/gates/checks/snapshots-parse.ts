import { RAW_FOLDER } from '../../archive/layout.ts';
import type { ArchiveReport } from '../../inspector/report.ts';
import { archiveFaults } from '../archive-faults.ts';
import { defineCheck } from '../check.ts';
import { archivesOfRuns, runsOfPod } from '../inspection.ts';
import { firstFew, ofStream, total } from '../judged-archives.ts';
import { judged } from '../outcome.ts';
import { COLLECTOR_COMPONENT } from '../workloads.ts';

/** Closed archives of the collector are whole, where they belong, of this image, and as their manifests say. */
export const snapshotsParse = defineCheck({
  id: 'snapshots-parse',
  proves:
    'closed rest_snapshots archives of the promoted collector parse completely, lie under the raw folder, and match the hashes and row counts of their archive manifests',
  needs: ['collectorPod', 'cyclesBefore', 'collectorRestart', 'cyclesAfter'],
  run({ subject }, { collectorPod, cyclesBefore, collectorRestart, cyclesAfter }) {
    const reports = [cyclesBefore.report, cyclesAfter.report];
    const pods = [collectorPod.pod.name, collectorRestart.replacement.name];
    const runs = reports.flatMap((report) =>
      pods.flatMap((pod) => runsOfPod(report, pod, COLLECTOR_COMPONENT)),
    );
    const archives = new Map<string, ArchiveReport>();
    for (const report of reports) {
      for (const archive of ofStream(archivesOfRuns(report, runs), 'rest_snapshots')) {
        // As it was when first seen: what a restart does to it is judged by another check.
        if (!archives.has(archive.path)) archives.set(archive.path, archive);
      }
    }
    const all = [...archives.values()];
    const known = cyclesBefore.report.archives.map((archive) => archive.path);
    const problems = [
      ...all.flatMap((archive) => archiveFaults(archive, subject.imageDigest)),
      ...all.flatMap(contentFaults),
      ...cyclesBefore.report.problems,
      ...cyclesAfter.report.problems.filter((text) => !known.some((path) => text.includes(path))),
    ];
    if (runs.length === 0) problems.push(`no run manifest of collector pod ${pods[0]}`);
    const rows = total(all, (archive) => archive.rows);
    if (!(rows > 0)) problems.push('no closed rest_snapshots archive with rows');
    return judged(
      `≥ 1 closed rest_snapshots archive with rows, all complete below ${RAW_FOLDER}, written by ${subject.imageDigest}, equal to their manifests, every payload and sequence right; 0 problems`,
      `${all.length} rest_snapshots archives, ${rows} rows, ${total(all, (one) => one.bytes)} bytes, ${problems.length} problems`,
      problems.length === 0 ? [] : [firstFew([...new Set(problems)])],
      'every archive could be read to its end row and is the one its manifest describes',
    );
  },
});

function contentFaults(archive: ArchiveReport): string[] {
  const found: string[] = [];
  if (archive.payload_mismatches !== 0) {
    found.push(`${archive.path}: ${archive.payload_mismatches} payloads do not hash`);
  }
  if (archive.sequence_breaks !== 0) {
    found.push(`${archive.path}: ${archive.sequence_breaks} breaks of the row sequence`);
  }
  if (archive.connection_sequence_breaks !== 0) {
    found.push(
      `${archive.path}: ${archive.connection_sequence_breaks} breaks of a connection sequence`,
    );
  }
  return found;
}
