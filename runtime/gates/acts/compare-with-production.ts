import { eventDifference } from '../../comparison/event-difference.ts';
import { formatDuration } from '../../config/duration.ts';
import { defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import { GateError } from '../error.ts';
import type { Comparison, Sample } from '../facts.ts';
import { CLOCK_TOLERANCE_MS, sampleOrReason } from '../inspection.ts';
import { livePods } from '../recorder-pod.ts';
import { RECORDER_COMPONENT, RECORDER_DEPLOYMENT } from '../workloads.ts';

/** Twenty scrapes of each: what a rank test needs to see a shift, and no load. */
const SCRAPES = 20;
/** Rows reach the disk within a second (design §10, 3); what came after the window vouches for what lies in it. */
const ON_DISK_MS = 1500;
/** While too little could be compared (a lost connection, a change of markets) both record once as long again. */
const ROUNDS = 2;

/**
 * Scrapes both recorders over the policy's comparison window, and lets an inspector on each side summarise the events
 * of the same minutes.
 */
export const compareWithProduction = defineAct({
  fact: 'comparison',
  title: 'record beside production, and summarise both sides',
  touches: 'an inspector Job in each of the two namespaces, data volumes read-only',
  needs: ['promoted'],
  after: ['windowStart'],
  async perform(context, { promoted }): Promise<Comparison> {
    const { policy, subject, progress } = context;
    const production = await productionPod(context);
    if (production === null) {
      progress(`production has no recorder in namespace ${subject.productionNamespace}`);
      return { baseline: null };
    }
    const { window, settle, spans } = policy.comparison;
    const since = context.now();
    const samples = { canary: [] as Sample[], production: [] as Sample[] };
    for (let round = 1; ; round++) {
      progress(`both sides record for ${formatDuration(window)}`);
      const until = await context.demanded('comparison', async () => {
        await scrapeBoth(context, { canary: promoted.pod.name, production }, samples);
        const ended = context.now();
        await context.wait(settle + ON_DISK_MS);
        return ended;
      });
      const asked = {
        since: since.toISOString(),
        until: until.toISOString(),
        spanMs: policy.comparison.span,
      };
      const [canary, baseline] = await Promise.all([
        summaryOf(context, subject.namespace, asked),
        summaryOf(context, subject.productionNamespace, asked),
      ]);
      const compared = {
        canary: { summary: canary, samples: samples.canary },
        production: { summary: baseline, samples: samples.production },
      };
      const { buckets } = eventDifference(compared.canary.summary, compared.production.summary, {
        settleMs: settle,
      });
      if (buckets >= spans || round === ROUNDS) return { baseline: compared };
      progress(`only ${buckets} of ${spans} spans can be compared so far`);
    }
  },
});

/** Name of the pod that is compared with; null while production has no recorder at all. */
async function productionPod({ platform, subject }: CheckContext): Promise<string | null> {
  const deployment = await platform.deployment(subject.productionNamespace, RECORDER_DEPLOYMENT);
  if (deployment === null) return null;
  if (subject.productionNamespace === subject.namespace) {
    throw new GateError(
      'GATE_USAGE',
      `expected a canary in another namespace than production, got ${subject.namespace} for both`,
    );
  }
  const pods = await platform.pods(subject.productionNamespace, RECORDER_COMPONENT);
  const [pod] = livePods(pods);
  if (pod !== undefined) return pod.name;
  throw new GateError(
    'GATE_OBSERVATION_INVALID',
    `Deployment ${RECORDER_DEPLOYMENT} of production has no running pod: there is nothing to compare with`,
  );
}

async function scrapeBoth(
  context: CheckContext,
  pods: Readonly<Record<'canary' | 'production', string>>,
  found: Readonly<Record<'canary' | 'production', Sample[]>>,
): Promise<void> {
  const { subject, policy } = context;
  const theirs = { ...context, subject: { ...subject, namespace: subject.productionNamespace } };
  const end = context.now().getTime() + policy.comparison.window;
  const pause = policy.comparison.window / SCRAPES;
  for (;;) {
    context.signal.throwIfAborted();
    // A scrape without an answer is a value less; too few of them are said by the judgement.
    const [canary, production] = await Promise.all([
      sampleOrReason(context, pods.canary),
      sampleOrReason(theirs, pods.production),
    ]);
    if (typeof canary !== 'string') found.canary.push(canary);
    if (typeof production !== 'string') found.production.push(production);
    const left = end - context.now().getTime();
    if (left <= 0) return;
    await context.wait(Math.min(pause, left));
  }
}

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
