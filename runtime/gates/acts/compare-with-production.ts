import { formatDuration } from '../../config/duration.ts';
import { BUCKET_MS } from '../../inspector/summary.ts';
import { defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import { GateError } from '../error.ts';
import type { Comparison, Sample } from '../facts.ts';
import { CLOCK_TOLERANCE_MS, sampleOrReason } from '../inspection.ts';
import { livePods } from '../recorder-pod.ts';
import { RECORDER_COMPONENT, RECORDER_DEPLOYMENT } from '../workloads.ts';

/** Twenty scrapes of each: what a rank test needs to see a shift, and no load. */
const SCRAPES = 20;
/** Time for a recorder to subscribe before, and for rows to reach the disk after the window. */
const MARGIN_MS = 4 * BUCKET_MS;

/**
 * Scrapes both recorders over the policy's comparison time, and lets an inspector on each side summarise the events of
 * the same minutes.
 */
export const compareWithProduction = defineAct({
  fact: 'comparison',
  title: 'record beside production, and summarise both sides',
  touches: 'an inspector Job in each of the two namespaces, data volumes read-only',
  needs: ['promoted'],
  after: ['windowStart'],
  async perform(context, { promoted }): Promise<Comparison> {
    const { platform, subject } = context;
    const deployment = await platform.deployment(subject.productionNamespace, RECORDER_DEPLOYMENT);
    if (deployment === null) return { baseline: null };
    if (subject.productionNamespace === subject.namespace) {
      throw new GateError(
        'GATE_USAGE',
        `expected a canary in another namespace than production, got ${subject.namespace} for both`,
      );
    }
    const [production] = livePods(
      await platform.pods(subject.productionNamespace, RECORDER_COMPONENT),
    );
    if (production === undefined) {
      throw new GateError(
        'GATE_OBSERVATION_INVALID',
        `Deployment ${RECORDER_DEPLOYMENT} of production has no running pod: there is nothing to compare with`,
      );
    }
    const since = context.now();
    const { scrapes, until } = await context.demanded('comparison', async () => {
      const both = await scrapeBoth(context, promoted.pod.name, production.name);
      const ended = context.now();
      await context.wait(MARGIN_MS);
      return { scrapes: both, until: ended };
    });
    const window = { since: since.toISOString(), until: until.toISOString() };
    const [ownSummary, theirSummary] = await Promise.all([
      summaryOf(context, subject.namespace, window),
      summaryOf(context, subject.productionNamespace, window),
    ]);
    return {
      baseline: {
        canary: { summary: ownSummary, samples: scrapes.canary },
        production: { summary: theirSummary, samples: scrapes.production },
      },
    };
  },
});

async function scrapeBoth(context: CheckContext, canary: string, production: string) {
  const { subject, policy, progress } = context;
  const found = { canary: [] as Sample[], production: [] as Sample[] };
  const theirs = { ...context, subject: { ...subject, namespace: subject.productionNamespace } };
  progress(`both sides record for ${formatDuration(policy.comparison)}`);
  for (let scrape = 0; scrape <= SCRAPES; scrape++) {
    context.signal.throwIfAborted();
    if (scrape > 0) await context.wait(policy.comparison / SCRAPES);
    for (const [side, place, pod] of [
      ['canary', context, canary],
      ['production', theirs, production],
    ] as const) {
      // A scrape without an answer is a value less; too few of them are said by the judgement.
      const sample = await sampleOrReason(place, pod);
      if (typeof sample !== 'string') found[side].push(sample);
    }
  }
  return found;
}

async function summaryOf(
  { platform, now }: CheckContext,
  namespace: string,
  window: { readonly since: string; readonly until: string },
) {
  const requestedAt = now().getTime();
  const summary = await platform.summarise(namespace, window);
  const at = Date.parse(summary.summarised_at);
  const fresh =
    at >= requestedAt - CLOCK_TOLERANCE_MS && at <= now().getTime() + CLOCK_TOLERANCE_MS;
  if (!fresh || summary.since !== window.since || summary.until !== window.until) {
    throw new GateError(
      'GATE_OBSERVATION_INVALID',
      `expected a summary of ${window.since} to ${window.until} made now, got one of ${summary.since} to ${summary.until} made at ${summary.summarised_at}`,
    );
  }
  return summary;
}
