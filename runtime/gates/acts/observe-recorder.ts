import { formatDuration } from '../../config/duration.ts';
import { defineAct } from '../act.ts';
import type { Sample } from '../facts.ts';
import { observe } from '../observation.ts';

/** A person who follows a long observation hears of it this often. */
const TELL_EVERY_MS = 15_000;

/** Polls the recorder's metrics over the policy's observation time. */
export const observeRecorder = defineAct({
  fact: 'observation',
  title: 'observe the recorder',
  needs: ['promoted'],
  after: ['windowStart'],
  perform({ platform, subject, policy, progress, demanded, ...context }, { promoted }) {
    let told = 0;
    return demanded('observation', () =>
      observe({
        ...context,
        platform,
        namespace: subject.namespace,
        pod: promoted.pod.name,
        durationMs: policy.observation,
        reconnectWithinMs: policy.reconnectWithin,
        onPoll(poll, elapsedMs) {
          if (elapsedMs - told < TELL_EVERY_MS) return;
          told = elapsedMs;
          progress(
            `observed ${formatDuration(Math.round(elapsedMs / 1000) * 1000)} of ${formatDuration(policy.observation)}: ${describe(poll)}`,
          );
        },
      }),
    );
  },
});

function describe(poll: Sample | string): string {
  if (typeof poll === 'string') return `no answer: ${poll}`;
  const value = (name: string) =>
    poll.metrics.value(`orderbooks_recorder_${name}`) ?? 'no count of';
  return `${value('data_frames_total')} data frames, ${value('active_tokens')} active tokens, ${value('connections_open')} open connections`;
}
