import { defineAct } from '../act.ts';
import type { CheckContext } from '../check.ts';
import type { CollectorState } from '../facts.ts';
import { COLLECTOR_COMPONENT, COLLECTOR_DEPLOYMENT } from '../workloads.ts';

/** The collector of production before anything is touched. */
export const lookAtCollectorBefore = defineAct({
  fact: 'collectorBefore',
  title: 'look at the production collector',
  needs: [],
  // A restart that this run provokes is no change that production made.
  after: ['promoted', 'collectorRestart'],
  perform: look,
});

export const lookAtCollectorAfter = defineAct({
  fact: 'collectorAfter',
  title: 'look at the production collector again',
  needs: ['collectorBefore'],
  perform: look,
});

async function look({ platform, subject }: CheckContext): Promise<CollectorState> {
  const namespace = subject.productionNamespace;
  const deployment = await platform.deployment(namespace, COLLECTOR_DEPLOYMENT);
  return { deployment, pods: await platform.pods(namespace, COLLECTOR_COMPONENT) };
}
