import { defineAct } from '../act.ts';
import { inspectOnceClosed } from '../closed-archives.ts';
import { RECORDER_COMPONENT } from '../workloads.ts';

/** What a recorder writes. */
export const RECORDED_STREAMS = ['ws_raw', 'rest_checkpoints'] as const;

/** Waits for archives that the promoted pod closed, and reads them. What is missing at the end is for checks to say. */
export const inspectBefore = defineAct({
  fact: 'before',
  title: 'wait for closed archives of this pod and inspect them',
  touches: 'an inspector Job, data volume read-only',
  needs: ['promoted'],
  // What is closed does not change, so it is read while the recorder is observed; but not while it records beside
  // production, because an inspector beside one of the two takes its CPU.
  after: ['recordedBeside'],
  perform: (context, { promoted: { pod } }) =>
    inspectOnceClosed(
      context,
      {
        component: RECORDER_COMPONENT,
        pod: pod.name,
        streams: RECORDED_STREAMS,
      },
      pod.startedAt === null ? {} : { since: pod.startedAt },
    ),
});

/**
 * Reads the same archives again after a provoked restart, whatever their age, and those that the replacement closed.
 * Where no restart is provoked nothing happened since `before`, so that inspection stands.
 */
export const inspectAfter = defineAct({
  fact: 'after',
  title: 'wait for an archive of the replacement and inspect all again',
  touches: 'an inspector Job, data volume read-only',
  needs: ['promoted', 'before', 'restart'],
  after: [],
  async perform(context, { promoted, before, restart }) {
    if (restart.mode === 'observe') return before;
    const { pod } = promoted;
    return inspectOnceClosed(
      context,
      { component: RECORDER_COMPONENT, pod: restart.replacement.name, streams: ['ws_raw'] },
      {
        ...(pod.startedAt === null ? {} : { since: pod.startedAt }),
        paths: before.report.archives.map((archive) => archive.path),
      },
    );
  },
});
