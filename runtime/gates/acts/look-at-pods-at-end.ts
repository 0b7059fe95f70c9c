import { defineAct } from '../act.ts';
import { RECORDER_COMPONENT } from '../workloads.ts';

/** Who records when all else is done: a rollback or a crash during the run must not go unseen. */
export const lookAtPodsAtEnd = defineAct({
  fact: 'podsAtEnd',
  title: 'look at the recorder pods once more',
  needs: ['promoted'],
  perform: ({ platform, subject }) => platform.pods(subject.namespace, RECORDER_COMPONENT),
});
