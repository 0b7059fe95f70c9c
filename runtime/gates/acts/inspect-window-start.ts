import { defineAct } from '../act.ts';
import { inspectWithMetrics } from '../inspection.ts';

/** What the recorder had written when a reliability window began. */
export const inspectWindowStart = defineAct({
  fact: 'windowStart',
  title: 'look at the archives when the window begins',
  touches: 'an inspector Job, data volume read-only',
  needs: ['promoted'],
  after: [],
  perform: (context, { promoted: { pod } }) =>
    inspectWithMetrics(
      context,
      // Only what is open, and what was closed a moment ago, says when was written last.
      { since: new Date(context.now().getTime() - context.policy.freshness).toISOString() },
      pod.name,
    ),
});
