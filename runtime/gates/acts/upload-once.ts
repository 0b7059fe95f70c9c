import { defineAct } from '../act.ts';
import { CLOCK_TOLERANCE_MS, inspectWithMetrics } from '../inspection.ts';

/** Runs the uploader CronJob's own Job once, with minimum age 0; the CronJob stays as it is. */
export const uploadOnce = defineAct({
  fact: 'upload',
  title: 'run a one-off upload',
  touches:
    'a Job from the uploader CronJob, minimum age 0; closed archives are copied to the remote',
  needs: ['promoted'],
  answeredBy: ['upload-verified'],
  async perform({ platform, subject, now }) {
    const startedAt = now();
    return { startedAt, outcome: await platform.upload(subject.namespace) };
  },
});

/** Reads the upload's manifest, and its files back from the remote, by a process that is not the uploader. */
export const readBackUpload = defineAct({
  fact: 'uploaded',
  title: 'read the uploaded files back from the remote',
  touches: 'an inspector Job, data volume read-only, remote read',
  needs: ['promoted', 'upload'],
  async perform(context, { promoted, upload }) {
    const since = new Date(upload.startedAt.getTime() - CLOCK_TOLERANCE_MS).toISOString();
    return inspectWithMetrics(context, { since, remote: true }, promoted.pod.name);
  },
});
