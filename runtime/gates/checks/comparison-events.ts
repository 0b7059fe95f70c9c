import { type EventDifference, eventDifference } from '../../comparison/event-difference.ts';
import { formatDuration } from '../../config/duration.ts';
import { defineCheck } from '../check.ts';
import { COMPARISON_FACTS, notCompared } from '../comparison.ts';
import { judged } from '../outcome.ts';

/** The exchange sends these now and then, and not the same to each connection (facts/polymarket.md §3). */
const ADVISORY = new Set(['best_bid_ask']);

/** What production recorded the canary recorded too. */
export const comparisonEvents = defineCheck({
  id: 'comparison-events',
  proves:
    'of every type of event, the canary kept what production kept of the same markets in the same seconds, up to the policy’s share',
  needs: COMPARISON_FACTS,
  run({ policy }, { comparison }) {
    const { baseline } = comparison;
    const { span, spans, settle, loss } = policy.comparison;
    const expected = `at least ${spans} spans of ${formatDuration(span)} compared, and of each type at most ${loss * 100} % of production’s events missing`;
    if (baseline === null) return notCompared(expected, policy);
    const found = eventDifference(baseline.canary.summary, baseline.production.summary, {
      settleMs: settle,
    });
    const both = found.types.reduce((sum, one) => sum + one.both, 0);
    const problems = [
      ...baseline.canary.summary.problems.map((text) => `canary: ${text}`),
      ...baseline.production.summary.problems.map((text) => `production: ${text}`),
    ].slice(0, 3);
    if (!(found.buckets >= spans)) {
      problems.push(
        `only ${found.buckets} spans could be compared: did both sides record the same markets without a lost connection?`,
      );
    }
    if (!(both > 0)) problems.push('no event was recorded by both sides');
    for (const { type, both: shared, onlyProduction } of found.types) {
      const share = onlyProduction / (shared + onlyProduction);
      if (!ADVISORY.has(type) && share > loss) {
        problems.push(
          `${type}: the canary lacks ${onlyProduction} of ${shared + onlyProduction} events`,
        );
      }
    }
    return judged(
      expected,
      describe(found),
      problems,
      'the canary misses nothing that production saw',
    );
  },
});

function describe({ markets, buckets, types }: EventDifference): string {
  const each = types.map(
    ({ type, both, onlyCanary, onlyProduction }) =>
      `${type} ${both} in both, ${onlyCanary} in the canary alone, ${onlyProduction} in production alone`,
  );
  return `${markets} markets, ${buckets} spans: ${each.join('; ') || 'no events'}`;
}
