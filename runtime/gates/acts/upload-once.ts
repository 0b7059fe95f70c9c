import { type Act, defineAct } from '../act.ts';
import { CLOCK_TOLERANCE_MS, freshReport } from '../inspection.ts';

/** Whose release has to be known to run before its uploader is started. */
type Identity = 'promoted' | 'collectorPod';

/** Runs the uploader CronJob's own Job once, with minimum age 0; the CronJob stays as it is. */
export function uploadOnce(identity: Identity): Act {
  return defineAct({
    fact: 'upload',
    title: 'run a one-off upload',
    touches:
      'a Job from the uploader CronJob, minimum age 0; closed archives are copied to the remote',
    needs: [identity],
    // What a restart closed is there to upload; where none is provoked, what was closed without it.
    after: ({ restart }) =>
      restart === 'provoke'
        ? ['collectorRestart', 'restart']
        : ['collectorRestart', 'firstClosed', 'comparison'],
    answeredBy: ['upload-verified', 'snapshots-uploaded'],
    async perform({ platform, subject, now }) {
      const startedAt = now();
      return { startedAt, outcome: await platform.upload(subject.namespace) };
    },
  });
}

/** Reads the upload's manifest, and its files back from the remote, by a process that is not the uploader. */
export function readBackUpload(identity: Identity): Act {
  return defineAct({
    fact: 'uploaded',
    title: 'read the uploaded files back from the remote',
    touches: 'an inspector Job, data volume read-only, remote read',
    needs: [identity, 'upload'],
    after: [],
    async perform(context, { upload }) {
      const since = new Date(upload.startedAt.getTime() - CLOCK_TOLERANCE_MS).toISOString();
      const requestedAt = context.now();
      return {
        report: await freshReport(context, { since, uploadOf: upload.outcome.name }),
        requestedAt,
      };
    },
  });
}
