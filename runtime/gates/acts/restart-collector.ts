import { defineAct } from '../act.ts';
import { replacePod } from '../replacement.ts';
import { COLLECTOR_COMPONENT } from '../workloads.ts';

/** Deletes the collector's pod and waits for its replacement. It costs a cycle, and no frame of any recorder. */
export const restartCollector = defineAct({
  fact: 'collectorRestart',
  title: 'restart the collector',
  touches: 'the collector pod is deleted',
  needs: ['collectorPod', 'cyclesBefore'],
  after: [],
  answeredBy: ['cycle-after-restart', 'snapshots-survive-restart'],
  perform: (context, { collectorPod }) =>
    replacePod(context, COLLECTOR_COMPONENT, collectorPod.pod),
});
