import { archiveFaults } from '../archive-faults.ts';
import { defineCheck } from '../check.ts';
import { archivesOfRuns, runsOfPod } from '../inspection.ts';
import { firstFew, total } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** What was closed meanwhile can be read without an error. */
export const windowArchivesParse = defineCheck({
  id: 'window-archives-parse',
  proves:
    'every archive that this recorder closed parses without an error, payloads and sequences included',
  needs: ['promoted', 'before'],
  run({ subject }, { promoted, before: { report } }) {
    const archives = archivesOfRuns(report, runsOfPod(report, promoted.pod.name));
    const rows = total(archives, (archive) => archive.rows);
    const problems = [
      ...archives.flatMap((archive) => archiveFaults(archive, subject.imageDigest)),
      ...archives.flatMap(
        ({ path, payload_mismatches, sequence_breaks, connection_sequence_breaks }) =>
          payload_mismatches + sequence_breaks + connection_sequence_breaks === 0
            ? []
            : [
                `${path}: ${payload_mismatches} payloads do not hash, ${sequence_breaks} row and ${connection_sequence_breaks} connection breaks`,
              ],
      ),
      ...report.problems,
    ];
    if (!(rows > 0)) problems.push(`no closed archive with rows of pod ${promoted.pod.name}`);
    return judged(
      '≥ 1 closed archive with rows, 0 errors in any',
      `${archives.length} archives, ${rows} rows, ${problems.length} problems`,
      problems.length === 0 ? [] : [firstFew([...new Set(problems)])],
      'what was recorded can be read',
    );
  },
});
