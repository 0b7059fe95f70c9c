import { expect, test } from 'vitest';
import { describeWithShared } from '../../shared.ts';
import { RECORDINGS, type Recording, recordings } from './recorded/record.ts';
import { replayAll } from './recorded/replay-all.ts';

/** The share that the delivery line promises of all recordings; `npm run recordings` carries out the whole. */
const AGREEING_AT_LEAST = 0.98;
/** Every topic is there with its first case and with each so-manieth after it. */
const EVERY = 4;
/** Git, kustomize and a temporary folder per case, on two shared cores. */
const TIMEOUT_MS = 300_000;

describeWithShared('promotions recorded on real Kargo', RECORDINGS, () => {
  test(
    'end here as they ended there',
    async () => {
      const cases = sample(recordings());
      const { total, agreeing, disagreeing } = await replayAll(cases);
      console.log(`${agreeing.length} of ${total} recorded promotions agree`);
      for (const [name, differences] of disagreeing) {
        console.log(`- ${name}: ${differences.slice(0, 3).join('\n    ').slice(0, 900)}`);
      }
      expect(agreeing.length / total).toBeGreaterThanOrEqual(AGREEING_AT_LEAST);
    },
    TIMEOUT_MS,
  );
});

function sample(all: readonly Recording[]): readonly Recording[] {
  const seen = new Map<string, number>();
  return all.filter(({ topic }) => {
    const count = seen.get(topic) ?? 0;
    seen.set(topic, count + 1);
    return count % EVERY === 0;
  });
}
