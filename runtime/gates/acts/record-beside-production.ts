import { formatDuration } from '../../config/duration.ts';
import { type ActContext, defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import { GateError } from '../error.ts';
import type { RecordedBeside, Sample } from '../facts.ts';
import { sampleOrReason } from '../inspection.ts';
import { livePods } from '../recorder-pod.ts';
import { RECORDER_COMPONENT, RECORDER_DEPLOYMENT } from '../workloads.ts';

/** Twenty scrapes of each: what a rank test needs to see a shift, and no load. */
const SCRAPES = 20;
/** Rows reach the disk within a second (design §10, 3); what came after the window vouches for what lies in it. */
const ON_DISK_MS = 1500;

/** Scrapes both recorders over the policy's comparison window. */
export const recordBesideProduction = defineAct({
  fact: 'recordedBeside',
  title: 'record beside production',
  needs: ['promoted'],
  after: ['windowStart'],
  async perform(context, { promoted }): Promise<RecordedBeside | null> {
    const production = await productionPod(context);
    if (production === null) {
      context.progress(
        `production has no recorder in namespace ${context.subject.productionNamespace}`,
      );
      return null;
    }
    const pods = { canary: promoted.pod.name, production };
    return recordWindow(context, { pods, since: context.now(), samples: NO_SAMPLES });
  },
});

const NO_SAMPLES: RecordedBeside['samples'] = { canary: [], production: [] };

/** One comparison window more of the same pods, after what they recorded already. */
export async function recordWindow(
  context: ActContext,
  { pods, since, samples }: Omit<RecordedBeside, 'until'>,
): Promise<RecordedBeside> {
  const { window, settle } = context.policy.comparison;
  context.progress(`both sides record for ${formatDuration(window)}`);
  return context.demanded('comparison', async () => {
    const scraped = await scrapeBoth(context, pods);
    const until = context.now();
    await context.wait(settle + ON_DISK_MS);
    return {
      pods,
      since,
      until,
      samples: {
        canary: [...samples.canary, ...scraped.canary],
        production: [...samples.production, ...scraped.production],
      },
    };
  });
}

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
  pods: RecordedBeside['pods'],
): Promise<RecordedBeside['samples']> {
  const { subject, policy } = context;
  const theirs = { ...context, subject: { ...subject, namespace: subject.productionNamespace } };
  const found = { canary: [] as Sample[], production: [] as Sample[] };
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
    if (left <= 0) return found;
    await context.wait(Math.min(pause, left));
  }
}
