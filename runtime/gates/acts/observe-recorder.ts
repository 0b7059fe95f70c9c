import { defineAct } from '../act.ts';
import { errorText } from '../error.ts';
import type { Sample } from '../facts.ts';
import { parseMetrics } from '../metrics.ts';
import { readConnections } from '../recorder-state.ts';

/** About this many polls over the observation time, whatever its length. */
const POLLS = 20;
/** A scrape every five seconds shows a reconnect of seconds; more often only costs the API server. */
const LONGEST_INTERVAL_MS = 5000;
const SHORTEST_INTERVAL_MS = 250;

/**
 * Polls the recorder's metrics over the policy's observation time. A poll that fails is counted, not fatal. If the
 * time ends while no connection is open, it goes on until one is, for as long as a reconnect may take.
 */
export const observeRecorder = defineAct({
  fact: 'observation',
  title: 'observe the recorder',
  needs: ['promoted'],
  async perform({ platform, subject, policy, signal, now, wait }, { promoted }) {
    const interval = Math.min(
      LONGEST_INTERVAL_MS,
      Math.max(SHORTEST_INTERVAL_MS, policy.observation / POLLS),
    );
    const startedAt = now();
    const end = startedAt.getTime() + policy.observation;
    const latestEnd = end + policy.reconnectWithin;
    const samples: Sample[] = [];
    const failures: string[] = [];
    for (;;) {
      signal.throwIfAborted();
      const begun = now().getTime();
      let open = false;
      try {
        const metrics = parseMetrics(await platform.metrics(subject.namespace, promoted.pod.name));
        samples.push({ at: now(), metrics });
        open = readConnections(metrics).problems.length === 0;
      } catch (error) {
        failures.push(`${now().toISOString()} ${errorText(error)}`);
      }
      if (begun >= latestEnd || (begun >= end && open)) {
        return { startedAt, endedAt: now(), samples, failures };
      }
      const next = begun < end ? end : latestEnd;
      await wait(Math.max(1, Math.min(interval, next - now().getTime())));
    }
  },
});
