import { RAW_FOLDER } from '../../archive/layout.ts';
import { archiveFaults } from '../archive-faults.ts';
import { defineCheck } from '../check.ts';
import { firstFew, JUDGED_FACTS, judgedArchives, ofStream, total } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** Closed archives are whole, where they belong, of this image, and as their manifests say. */
export const archivesParse = defineCheck({
  id: 'archives-parse',
  proves:
    'closed ws_raw and rest_checkpoints archives of the promoted pod are whole from first to last row and match their archive manifests',
  needs: JUDGED_FACTS,
  run({ subject }, facts) {
    const { archives, problems: unreadable, runs } = judgedArchives(facts);
    const problems = archives.flatMap((archive) => archiveFaults(archive, subject.imageDigest));
    if (runs.length === 0) {
      problems.push(
        `no run manifest of pod ${facts.promoted.pod.name}: nothing says what it wrote`,
      );
    }
    for (const stream of ['ws_raw', 'rest_checkpoints'] as const) {
      const rows = total(ofStream(archives, stream), (archive) => archive.rows);
      if (!(rows > 0)) problems.push(`no closed ${stream} archive with rows`);
    }
    problems.push(...unreadable);
    return judged(
      `≥ 1 closed ws_raw and ≥ 1 closed rest_checkpoints archive with rows, all complete below ${RAW_FOLDER}, written by ${subject.imageDigest}, equal to their manifests; 0 problems`,
      `${ofStream(archives, 'ws_raw').length} ws_raw and ${ofStream(archives, 'rest_checkpoints').length} rest_checkpoints archives, ${total(archives, (one) => one.rows)} rows, ${total(archives, (one) => one.bytes)} bytes, ${problems.length} problems`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'every archive could be read to its end row and is the one its manifest describes',
    );
  },
});
