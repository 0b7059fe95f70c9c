import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithShared } from '../../shared.ts';
import { ownRecordings, RECORDINGS } from './recorded/record.ts';
import { type RecordedRemote, recordedRemote } from './recorded/remote.ts';
import { replay } from './recorded/replay.ts';

/** What is reached, not what is wished for: raise it when more agree. */
const AGREEING_AT_LEAST = 0.98;
/** Git, kustomize and a temporary folder per case, on two shared cores. */
const TIMEOUT_MS = 300_000;

describeWithShared('promotions recorded on real Kargo', RECORDINGS, () => {
  let remote: RecordedRemote;
  beforeAll(() => {
    remote = recordedRemote();
  });
  afterAll(() => remote.remove());

  test(
    'whose steps this engine knows end here as they ended there',
    async () => {
      const recordings = ownRecordings();
      const incomparable: string[] = [];
      const disagreeing = new Map<string, readonly string[]>();
      for (const recording of recordings) {
        const differences = await replay(recording, remote).catch((error: unknown) => [
          `cannot be replayed: ${String(error)}`,
        ]);
        if (differences === null) incomparable.push(recording.name);
        else if (differences.length > 0) disagreeing.set(recording.name, differences);
      }
      const comparable = recordings.length - incomparable.length;
      const agreeing = comparable - disagreeing.size;
      console.log(
        `${agreeing} of ${comparable} recorded promotions agree (${incomparable.length} of ${recordings.length} hold nothing to compare: ${incomparable.join(', ')}); ${disagreeing.size} do not:`,
      );
      for (const [name, differences] of disagreeing) {
        console.log(`- ${name}: ${differences.slice(0, 3).join('\n    ').slice(0, 900)}`);
      }
      expect(agreeing / comparable).toBeGreaterThanOrEqual(AGREEING_AT_LEAST);
    },
    TIMEOUT_MS,
  );
});
