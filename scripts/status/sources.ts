import { z } from 'zod';
import { errorText } from '../../runtime/gates/error.ts';
import { type Metrics, parseMetrics } from '../../runtime/gates/metrics.ts';
import { RECORDER_COMPONENT, UPLOADER_CRON_JOB } from '../../runtime/gates/workloads.ts';
import { failureOf } from '../cluster/failure.ts';
import { PROJECT } from '../settings/names.ts';
import { absent, known, map, type Reading, unknown } from './reading.ts';
import {
  type ApplicationObject,
  applicationObject,
  type CronJobObject,
  configMapObject,
  cronJobObject,
  type FreightObject,
  freightObject,
  type NodeSummary,
  nodeSummary,
  type PodObject,
  podObject,
  type StageObject,
  stageObject,
} from './stage-objects.ts';

/** The one thing that is asked of kubectl: whose refusal is an answer, too. */
export interface Asking {
  answer(words: readonly string[]): Promise<{ code: number; out: string; error: string }>;
}

export { PROJECT };
export const ARGOCD_NAMESPACE = 'argocd';
const HTTP_PORT = 8080;

export interface WorkloadSources {
  readonly pods: Reading<readonly PodObject[]>;
  readonly uploader: Reading<CronJobObject>;
  readonly metrics: Reading<Metrics>;
  readonly node: Reading<NodeSummary>;
}

/** Everything that one look at the cluster brought; each part may be missing without harm to the others. */
export interface Sources {
  readonly stages: Reading<readonly StageObject[]>;
  readonly freight: Reading<readonly FreightObject[]>;
  readonly applications: Reading<readonly ApplicationObject[]>;
  readonly configMaps: Reading<Readonly<Record<string, Readonly<Record<string, string>>>>>;
  readonly workloads: Readonly<Record<string, WorkloadSources>>;
}

/** Looks at everything at the same time. Changes nothing, and never throws because of an answer. */
export async function look(kubectl: Asking, namespaces: readonly string[]): Promise<Sources> {
  const [stages, freight, applications, configMaps, ...workloads] = await Promise.all([
    list(kubectl, 'stages.kargo.akuity.io', PROJECT, stageObject),
    list(kubectl, 'freights.kargo.akuity.io', PROJECT, freightObject),
    list(kubectl, 'applications.argoproj.io', ARGOCD_NAMESPACE, applicationObject),
    list(kubectl, 'configmaps', PROJECT, configMapObject),
    ...namespaces.map((namespace) => lookAtWorkload(kubectl, namespace)),
  ]);
  return {
    stages,
    freight,
    applications,
    configMaps: map(configMaps, (all) =>
      known(Object.fromEntries(all.map(({ metadata, data }) => [metadata.name, data]))),
    ),
    workloads: Object.fromEntries(
      workloads.flatMap((workload, index) => {
        const namespace = namespaces[index];
        return namespace === undefined ? [] : [[namespace, workload] as const];
      }),
    ),
  };
}

async function lookAtWorkload(kubectl: Asking, namespace: string): Promise<WorkloadSources> {
  const [pods, jobs] = await Promise.all([
    list(kubectl, 'pods', namespace, podObject, [
      `--selector=app.kubernetes.io/name=orderbooks,app.kubernetes.io/component=${RECORDER_COMPONENT}`,
    ]),
    list(kubectl, 'cronjobs.batch', namespace, cronJobObject),
  ]);
  const uploader = map(jobs, (all) => {
    const found = all.find(({ metadata }) => metadata.name === UPLOADER_CRON_JOB);
    return found === undefined
      ? absent<CronJobObject>(`no CronJob ${UPLOADER_CRON_JOB}`)
      : known(found);
  });
  const pod = map(pods, (all) => {
    const live = all.find(({ metadata }) => (metadata.deletionTimestamp ?? null) === null);
    return live === undefined ? absent<PodObject>('no recorder pod') : known(live);
  });
  if (pod.state !== 'known') return { pods, uploader, metrics: pod, node: pod };
  const { metadata, spec } = pod.value;
  const [metrics, node] = await Promise.all([
    readMetrics(kubectl, namespace, metadata.name),
    spec.nodeName === undefined
      ? Promise.resolve(absent<NodeSummary>('the recorder pod has no node yet'))
      : raw(kubectl, `/api/v1/nodes/${spec.nodeName}/proxy/stats/summary`, nodeSummary),
  ]);
  return { pods, uploader, metrics, node };
}

async function readMetrics(
  kubectl: Asking,
  namespace: string,
  pod: string,
): Promise<Reading<Metrics>> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}:${HTTP_PORT}/proxy/metrics`;
  return asked(kubectl, ['get', '--raw', path], parseMetrics);
}

async function list<S extends z.ZodType>(
  kubectl: Asking,
  kind: string,
  namespace: string,
  schema: S,
  options: readonly string[] = [],
): Promise<Reading<readonly z.infer<S>[]>> {
  const words = ['get', kind, `--namespace=${namespace}`, ...options, '--output=json'];
  return asked(
    kubectl,
    words,
    (text) => z.object({ items: z.array(schema) }).parse(JSON.parse(text)).items,
  );
}

async function raw<S extends z.ZodType>(
  kubectl: Asking,
  path: string,
  schema: S,
): Promise<Reading<z.infer<S>>> {
  return asked(kubectl, ['get', '--raw', path], (text) => schema.parse(JSON.parse(text)));
}

/** A kind that the cluster does not serve is not there; every other refusal means that nobody could look. */
const NO_SUCH_KIND =
  /the server doesn't have a resource type|could not find the requested resource/;

async function asked<T>(
  kubectl: Asking,
  words: readonly string[],
  read: (text: string) => T,
): Promise<Reading<T>> {
  try {
    const { code, out, error } = await kubectl.answer(words);
    if (code === 0) return known(read(out));
    const why = error.trim().split('\n').at(-1) ?? `exit code ${code}`;
    return NO_SUCH_KIND.test(why) ? absent(why) : unknown(`${why}; ${failureOf(error).advice}`);
  } catch (error) {
    const what = words.slice(0, 3).join(' ');
    return unknown(
      `kubectl ${what}: ${error instanceof z.ZodError || error instanceof SyntaxError ? 'the answer is not as expected: ' : ''}${errorText(error)}`,
    );
  }
}
