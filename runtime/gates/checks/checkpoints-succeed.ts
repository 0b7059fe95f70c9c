import { defineCheck } from '../check.ts';
import { JUDGED_FACTS, judgedArchives, ofStream, total } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** The REST books that the websocket is compared with are fetched. */
export const checkpointsSucceed = defineCheck({
  id: 'checkpoints-succeed',
  proves: 'REST checkpoints are made and answered with books, so divergence can be seen at all',
  needs: JUDGED_FACTS,
  run({ policy }, facts) {
    const archives = ofStream(judgedArchives(facts).archives, 'rest_checkpoints');
    const made = total(archives, (archive) => archive.checkpoints);
    const good = total(archives, (archive) => archive.good_checkpoints);
    const share = made === 0 ? 0 : good / made;
    const problems: string[] = [];
    if (!(made > 0)) problems.push('no checkpoint was archived');
    else if (!(good > 0)) problems.push('no checkpoint was answered with a book');
    else if (!(share >= policy.checkpointSuccess)) {
      problems.push(
        `${made - good} of ${made} checkpoints failed, more than ${percent(1 - policy.checkpointSuccess)}`,
      );
    }
    return judged(
      `≥ 1 checkpoint, at least ${percent(policy.checkpointSuccess)} answered with status 200 and ≥ 1 book`,
      `${good} of ${made} checkpoints good (${percent(share)}) in ${archives.length} archives`,
      problems,
      'the recorder gets full books to compare with',
    );
  },
});

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
