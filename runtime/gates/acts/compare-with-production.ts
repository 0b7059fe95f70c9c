import { eventDifference } from '../../comparison/event-difference.ts';
import { formatDuration } from '../../config/duration.ts';
import { defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import { GateError } from '../error.ts';
import type { Comparison } from '../facts.ts';
import { CLOCK_TOLERANCE_MS } from '../inspection.ts';
import { recordWindow } from './record-beside-production.ts';

/** While too little could be compared (a lost connection, a change of markets) both record once as long again. */
const ROUNDS = 2;

/** Lets an inspector on each side summarise the events of the minutes that both recorded. */
export const compareWithProduction = defineAct({
  fact: 'comparison',
  title: 'summarise what both sides recorded',
  touches: 'an inspector Job in each of the two namespaces, data volumes read-only',
  needs: ['recordedBeside'],
  after: [],
  async perform(context, { recordedBeside }): Promise<Comparison> {
    if (recordedBeside === null) return { baseline: null };
    const { subject, policy, progress } = context;
    const { settle, span, spans } = policy.comparison;
    let recorded = recordedBeside;
    for (let round = 1; ; round++) {
      const asked = {
        since: recorded.since.toISOString(),
        until: recorded.until.toISOString(),
        spanMs: span,
      };
      const [canary, production] = await Promise.all([
        summaryOf(context, subject.namespace, asked),
        summaryOf(context, subject.productionNamespace, asked),
      ]);
      const { buckets } = eventDifference(canary, production, { settleMs: settle });
      if (buckets >= spans || round === ROUNDS) {
        const { samples } = recorded;
        return {
          baseline: {
            canary: { summary: canary, samples: samples.canary },
            production: { summary: production, samples: samples.production },
          },
        };
      }
      progress(`only ${buckets} of ${spans} spans can be compared so far`);
      recorded = await recordWindow(context, recorded);
    }
  },
});

async function summaryOf(
  { platform, now }: CheckContext,
  namespace: string,
  asked: { readonly since: string; readonly until: string; readonly spanMs: number },
) {
  const requestedAt = now().getTime();
  const summary = await platform.summarise(namespace, asked);
  const at = Date.parse(summary.summarised_at);
  const fresh =
    at >= requestedAt - CLOCK_TOLERANCE_MS && at <= now().getTime() + CLOCK_TOLERANCE_MS;
  const isAsked =
    summary.since === asked.since &&
    summary.until === asked.until &&
    summary.bucket_ms === asked.spanMs;
  if (!fresh || !isAsked) {
    throw new GateError(
      'GATE_OBSERVATION_INVALID',
      `expected a summary of ${asked.since} to ${asked.until} in spans of ${formatDuration(asked.spanMs)} made now, got one of ${summary.since} to ${summary.until} in spans of ${formatDuration(summary.bucket_ms)} made at ${summary.summarised_at}`,
    );
  }
  return summary;
}
