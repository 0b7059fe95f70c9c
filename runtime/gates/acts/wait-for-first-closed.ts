import { defineAct } from '../act.ts';
import { waitForClosed } from '../closed-archives.ts';
import { RECORDED_STREAMS } from './inspect-archives.ts';

/** Waits until there is something of the promoted pod to upload, by its own count, where the upload waits for that. */
export const waitForFirstClosed = defineAct({
  fact: 'firstClosed',
  title: 'wait until this pod has closed archives',
  needs: ['promoted'],
  after: [],
  async perform(context, { promoted: { pod } }) {
    // Uploaded is what the restart closes. A wait that nobody needs would count as demanded, and hide the gate's own time.
    if (context.policy.restart === 'provoke') return context.now();
    const deadline = context.now().getTime() + context.policy.dataTimeout;
    await context.demanded('archives', () =>
      waitForClosed(context, pod.name, RECORDED_STREAMS, deadline),
    );
    return context.now();
  },
});
