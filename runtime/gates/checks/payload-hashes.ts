import { defineCheck } from '../check.ts';
import { firstFew, JUDGED_FACTS, judgedArchives, total } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** Every archived payload still hashes to the value taken when it was received. */
export const payloadHashes = defineCheck({
  id: 'payload-hashes',
  proves: 'raw_text of every frame and checkpoint hashes to the payload_sha256 beside it',
  needs: JUDGED_FACTS,
  run(_terms, facts) {
    const { archives } = judgedArchives(facts);
    const payloads = total(archives, (archive) => archive.frames + archive.checkpoints);
    const wrong = archives.filter((archive) => archive.payload_mismatches !== 0);
    const mismatches = total(archives, (archive) => archive.payload_mismatches);
    const problems: string[] = [];
    if (!(payloads > 0)) problems.push('there was no payload to hash');
    if (wrong.length > 0) {
      problems.push(
        firstFew(wrong.map((archive) => `${archive.path}: ${archive.payload_mismatches} of them`)),
      );
    }
    return judged(
      '> 0 payloads, 0 that do not hash to their payload_sha256',
      `${payloads} payloads in ${archives.length} archives, ${mismatches} that do not hash`,
      problems,
      'what is archived is what was received',
    );
  },
});
