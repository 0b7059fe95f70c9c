import { type ActContext, defineAct } from '../act.ts';
import type { PromotedPod } from '../facts.ts';
import { livePods, notAloneOnDigest } from '../recorder-pod.ts';
import { until } from '../until.ts';
import {
  COLLECTOR_COMPONENT,
  COLLECTOR_DEPLOYMENT,
  RECORDER_COMPONENT,
  RECORDER_DEPLOYMENT,
} from '../workloads.ts';

/**
 * Identity first: nothing is judged, and nothing restarted, before one pod runs the promoted digest, is ready, and
 * no other recorder is left beside it.
 */
export const waitForPromotedPod = defineAct({
  fact: 'promoted',
  title: 'wait for the promoted recorder pod',
  needs: [],
  after: [],
  answeredBy: ['recorder-on-promoted-digest'],
  perform: (context) => waitForPod(context, RECORDER_COMPONENT, RECORDER_DEPLOYMENT),
});

/** The same for the collector. A namespace without one is a refusal: whoever asks for its checks expects one. */
export const waitForPromotedCollector = defineAct({
  fact: 'collectorPod',
  title: 'wait for the promoted collector pod',
  needs: [],
  after: [],
  answeredBy: ['collector-on-promoted-digest'],
  perform: (context) => waitForPod(context, COLLECTOR_COMPONENT, COLLECTOR_DEPLOYMENT),
});

async function waitForPod(
  { platform, subject, policy, ...context }: ActContext,
  component: string,
  deploymentName: string,
): Promise<PromotedPod> {
  const { namespace, imageDigest } = subject;
  const what = `one ready ${component} pod in namespace ${namespace} that runs ${imageDigest}`;
  return context.demanded('rollout', () =>
    until(context, { what, timeoutMs: policy.readyTimeout }, async () => {
      const deployment = await platform.deployment(namespace, deploymentName);
      if (deployment === null) {
        return {
          notYet: `no Deployment ${deploymentName} in namespace ${namespace}, so no ${component} is deployed there; does the namespace exist, and was the Application synced?`,
        };
      }
      const pods = await platform.pods(namespace, component);
      const problem = notAloneOnDigest(pods, imageDigest);
      const [pod] = livePods(pods);
      if (problem !== null || pod === undefined) return { notYet: problem ?? 'no pod' };
      return { done: { pod, deployment } };
    }),
  );
}
