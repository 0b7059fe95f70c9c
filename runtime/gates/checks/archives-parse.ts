import { RAW_FOLDER } from '../../archive/layout.ts';
import type { ArchiveReport } from '../../inspector/report.ts';
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
    const problems = archives.flatMap((archive) => faults(archive, subject.imageDigest));
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

function faults(archive: ArchiveReport, imageDigest: string): string[] {
  const found: string[] = [];
  if (!archive.path.startsWith(`${RAW_FOLDER}/${archive.stream}/`)) {
    found.push(`${archive.path}: lies outside ${RAW_FOLDER}/${archive.stream}`);
  }
  if (!archive.complete) {
    found.push(`${archive.path}: not complete (${archive.errors.join(', ') || 'cut off'})`);
  }
  if (archive.manifest !== 'match') found.push(`${archive.path}: manifest ${archive.manifest}`);
  if (!(archive.image ?? '').endsWith(imageDigest)) {
    found.push(`${archive.path}: written by ${archive.image || 'an unnamed image'}`);
  }
  // Wrong hashes and sequences are errors too; they have checks of their own.
  const judgedElsewhere =
    archive.payload_mismatches + archive.sequence_breaks + archive.connection_sequence_breaks > 0;
  if (archive.complete && archive.errors.length > 0 && !judgedElsewhere) {
    found.push(`${archive.path}: ${archive.errors.join(', ')}`);
  }
  return found;
}
