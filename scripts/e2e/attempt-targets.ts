import { z } from 'zod';
import { cronJobObject } from '../../runtime/gates/kubernetes/objects.ts';
import { UPLOADER_CRON_JOB } from '../../runtime/gates/workloads.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE } from '../settings/names.ts';
import type { Targets } from './attempts.ts';
import { PROJECT } from './delivery.ts';
import { E2eError } from './error.ts';
import { configMap } from './objects.ts';

const named = z.object({ metadata: z.object({ name: z.string() }) });
const job = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
});
const freight = named.extend({
  status: z.object({ metadata: z.record(z.string(), z.unknown()).default({}) }).prefault({}),
});

/** What attempts are made on. @throws E2eError NOT_SEEN where a bundle has not run yet */
export async function targetsOn(kubectl: Kubectl): Promise<Targets> {
  const pod = async (namespace: string, component: string): Promise<string | null> => {
    const selector = `app.kubernetes.io/component=${component}`;
    const [found] = await kubectl.list('pods', namespace, named, selector);
    return found?.metadata.name ?? null;
  };
  const evidence = async (kind: string) => {
    const [found] = await kubectl.list(
      'configmaps',
      PROJECT,
      configMap,
      `orderbooks-evidence=${kind},orderbooks-stage=canary`,
    );
    const { metadata, data } = present(found, `evidence of a canary run (${kind})`);
    return { name: metadata.name, labels: metadata.labels, data };
  };
  const freights = await kubectl.list('freights.kargo.akuity.io', PROJECT, freight);
  const ran = present(
    freights.find(({ status }) => ledgerKey(status.metadata) !== undefined),
    'a Freight that ran in full',
  );
  const template = async (namespace: string) => {
    const found = await kubectl.find('cronjobs.batch', UPLOADER_CRON_JOB, namespace, cronJobObject);
    return present(found, `CronJob ${UPLOADER_CRON_JOB} in ${namespace}`).spec.jobTemplate;
  };
  const jobs = await kubectl.list('jobs.batch', CANARY_NAMESPACE, job);
  const scheduled = jobs.find(
    ({ metadata }) => metadata.labels['app.kubernetes.io/managed-by'] === undefined,
  );
  return {
    recorder: present(await pod(CANARY_NAMESPACE, 'ws-recorder'), 'a recorder in the canary'),
    feed: await pod(CANARY_NAMESPACE, 'simulated-feed'),
    productionRecorder: present(
      await pod(PRODUCTION_NAMESPACE, 'ws-recorder'),
      'a recorder in production',
    ),
    collector: present(await pod(PRODUCTION_NAMESPACE, 'collector'), 'a collector in production'),
    templates: {
      canary: await template(CANARY_NAMESPACE),
      production: await template(PRODUCTION_NAMESPACE),
    },
    scheduled: scheduled?.metadata.name ?? null,
    freight: ran.metadata.name,
    run: await evidence('run'),
    latest: await evidence('latest'),
    ledgerKey: ledgerKey(ran.status.metadata) ?? '',
  };
}

function ledgerKey(metadata: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(metadata).find((key) => /^(ranIn|breakGlass)-/.test(key));
}

function present<T>(value: T | null | undefined, what: string): T {
  if (value !== null && value !== undefined) return value;
  throw new E2eError('NOT_SEEN', `expected ${what}: run npm run e2e -- --keep first`);
}
