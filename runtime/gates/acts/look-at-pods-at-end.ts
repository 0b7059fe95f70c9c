import { defineAct } from '../act.ts';
import { COLLECTOR_COMPONENT, RECORDER_COMPONENT } from '../workloads.ts';

/** Who records when all else is done: a rollback or a crash during the run must not go unseen. */
export const lookAtPodsAtEnd = defineAct({
  fact: 'podsAtEnd',
  title: 'look at the recorder pods once more',
  needs: ['promoted'],
  perform: ({ platform, subject }) => platform.pods(subject.namespace, RECORDER_COMPONENT),
});

export const lookAtCollectorPodsAtEnd = defineAct({
  fact: 'collectorPodsAtEnd',
  title: 'look at the collector pods once more',
  needs: ['collectorPod'],
  perform: ({ platform, subject }) => platform.pods(subject.namespace, COLLECTOR_COMPONENT),
});
