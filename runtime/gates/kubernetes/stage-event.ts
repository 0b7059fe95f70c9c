import { z } from 'zod';
import type { StageEvent } from '../platform.ts';
import type { Api } from './api.ts';
import { anything } from './objects.ts';

const REPORTER = 'orderbooks-verifier';
/** The API server refuses longer ones (Event v1, field `note`: 1 kB). */
const LONGEST_MESSAGE = 1024;
const KARGO = { group: 'kargo.akuity.io', version: 'v1alpha1' } as const;

const stageIdentity = z.object({
  kind: z.literal('Stage'),
  metadata: z.object({ uid: z.string() }),
});

/** Creates an Event on a Kargo Stage. `kubectl describe` finds events by the object's uid, so it is looked up. */
export async function tellStage(
  api: Api,
  project: string,
  stage: string,
  { name, type, reason, message, at }: StageEvent,
): Promise<void> {
  const place = { ...KARGO, resource: 'stages', namespace: project, name: stage } as const;
  const { metadata } = await api.json({ verb: 'get', ...place }, stageIdentity);
  const time = at.toISOString().replace(/\.\d+Z$/, 'Z');
  await api.json(
    {
      verb: 'create',
      group: '',
      version: 'v1',
      resource: 'events',
      namespace: project,
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: project },
        involvedObject: {
          apiVersion: `${KARGO.group}/${KARGO.version}`,
          kind: 'Stage',
          namespace: project,
          name: stage,
          uid: metadata.uid,
        },
        type,
        reason,
        message: message.slice(0, LONGEST_MESSAGE),
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
        source: { component: REPORTER },
        reportingComponent: REPORTER,
        reportingInstance: REPORTER,
      },
    },
    anything,
  );
}
