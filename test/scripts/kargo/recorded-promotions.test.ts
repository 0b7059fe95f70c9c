import { expect, test } from 'vitest';
import { describeWithShared } from '../../shared.ts';
import { KNOWN_DIFFERENCES } from './recorded/known-differences.ts';
import { RECORDINGS, type Recording, recordings } from './recorded/record.ts';
import { replayAll } from './recorded/replay-all.ts';

/** The share of all recordings that must agree. */
const AGREEING_AT_LEAST = 0.98;
/** Of every topic the first case and each so-manieth after it; `npm run recordings` carries out the whole. */
const EVERY = 8;
/** Git, kustomize and a temporary folder per case, on two shared cores. */
const TIMEOUT_MS = 300_000;

describeWithShared('promotions recorded on real Kargo', RECORDINGS, () => {
  test('are at most two in a hundred that end in another way here, each with its reason', () => {
    const names = recordings().map(({ name }) => name);
    const known = Object.keys(KNOWN_DIFFERENCES);
    expect(names).toEqual(expect.arrayContaining(known));
    expect(1 - known.length / names.length).toBeGreaterThanOrEqual(AGREEING_AT_LEAST);
  });

  test(
    'end here as they ended there: a sample of every topic, without exception but the known ones',
    async () => {
      const cases = sample(recordings()).filter(({ name }) => !(name in KNOWN_DIFFERENCES));
      const { total, agreeing, disagreeing } = await replayAll(cases);
      console.log(`${agreeing.length} of ${total} recorded promotions of the sample agree`);
      expect(Object.fromEntries(disagreeing)).toEqual({});
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
