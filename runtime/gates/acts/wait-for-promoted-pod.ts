import { defineAct } from '../act.ts';
import { livePods, notAloneOnDigest } from '../recorder-pod.ts';
import { until } from '../until.ts';
import { RECORDER_COMPONENT, RECORDER_DEPLOYMENT } from '../workloads.ts';

/**
 * Identity first: nothing is judged, and nothing restarted, before one pod runs the promoted digest, is ready, and
 * no other recorder is left beside it.
 */
export const waitForPromotedPod = defineAct({
  fact: 'promoted',
  title: 'wait for the promoted recorder pod',
  needs: [],
  answeredBy: ['recorder-on-promoted-digest'],
  async perform({ platform, subject, policy, ...context }) {
    const { namespace, imageDigest } = subject;
    return until(
      context,
      {
        what: `one ready ${RECORDER_COMPONENT} pod in namespace ${namespace} that runs ${imageDigest}`,
        timeoutMs: policy.readyTimeout,
      },
      async () => {
        const deployment = await platform.deployment(namespace, RECORDER_DEPLOYMENT);
        if (deployment === null) {
          return {
            notYet: `no Deployment ${RECORDER_DEPLOYMENT} in namespace ${namespace}; does the namespace exist, and was the Application synced?`,
          };
        }
        const pods = await platform.pods(namespace, RECORDER_COMPONENT);
        const problem = notAloneOnDigest(pods, imageDigest);
        const [pod] = livePods(pods);
        if (problem !== null || pod === undefined) return { notYet: problem ?? 'no pod' };
        return { done: { pod, deployment } };
      },
    );
  },
});
