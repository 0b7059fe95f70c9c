import { defineAct } from '../act.ts';
import { inspectOnceClosed } from '../closed-archives.ts';
import { latestCycle } from '../cycle.ts';
import { CLOCK_TOLERANCE_MS } from '../inspection.ts';
import { COLLECTOR_COMPONENT } from '../workloads.ts';

const STREAM = 'rest_snapshots';

/** Waits for a cycle and a closed archive of the promoted collector. What is missing at the end is for checks to say. */
export const inspectCyclesBefore = defineAct({
  fact: 'cyclesBefore',
  title: 'wait for a cycle and a closed archive of the collector and inspect them',
  touches: 'an inspector Job, data volume read-only',
  needs: ['collectorPod'],
  after: [],
  perform: (context, { collectorPod: { pod } }) =>
    inspectOnceClosed(
      context,
      {
        component: COLLECTOR_COMPONENT,
        pod: pod.name,
        streams: [STREAM],
        also: (report) => latestCycle(report)?.pod === pod.name,
      },
      pod.startedAt === null ? {} : { since: pod.startedAt },
    ),
});

/** Reads the collector's archives again after its restart, and the later cycle and archive of the replacement. */
export const inspectCyclesAfter = defineAct({
  fact: 'cyclesAfter',
  title: 'wait for a later cycle and archive of the collector and inspect all again',
  touches: 'an inspector Job, data volume read-only',
  needs: ['collectorPod', 'cyclesBefore', 'collectorRestart'],
  after: [],
  perform: (context, { cyclesBefore, collectorRestart: { replacement, deletedAt } }) =>
    inspectOnceClosed(
      context,
      {
        component: COLLECTOR_COMPONENT,
        pod: replacement.name,
        streams: [STREAM],
        also: (report) => latestCycle(report)?.pod === replacement.name,
      },
      {
        since: new Date(deletedAt.getTime() - CLOCK_TOLERANCE_MS).toISOString(),
        paths: cyclesBefore.report.archives
          .filter((archive) => archive.stream === STREAM)
          .map((archive) => archive.path),
      },
    ),
});
