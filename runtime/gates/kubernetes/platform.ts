import type {
  InspectRequest,
  JobTimes,
  KeptEvidence,
  Platform,
  Pod,
  StageEvent,
  SummaryWindow,
  Workload,
} from '../platform.ts';
import { PlatformError } from '../platform-error.ts';
import { RECORDER_COMPONENT, RECORDER_DEPLOYMENT, UPLOADER_CRON_JOB } from '../workloads.ts';
import { missingRights, type NeededRights } from './access-review.ts';
import { type Api, type ApiOptions, createApi } from './api.ts';
import { type Cluster, type ClusterAccess, openCluster } from './cluster.ts';
import { putConfigMap } from './config-map.ts';
import { application, lastPromotion } from './delivery.ts';
import { inspectArguments, reportOf, summaryArguments, summaryOf } from './inspector.ts';
import { runJob } from './job-run.ts';
import { type JobPlan, jobFromTemplate } from './job-template.ts';
import { keptEvidence } from './kept-evidence.ts';
import { anything, cronJobObject, deploymentObject, type JobTemplate } from './objects.ts';
import { listPods, toPod } from './pod.ts';
import { tellStage } from './stage-event.ts';

export interface KubernetesOptions
  extends ClusterAccess,
    Pick<ApiOptions, 'callTimeoutMs' | 'wait'> {
  readonly inspectTimeoutMs: number;
  readonly uploadTimeoutMs: number;
  /**
   * Namespace whose recorder's image inspectors run, because it is trusted; null for the image of the CronJob, which
   * is the judged one.
   */
  readonly inspectorsOf: string | null;
  /** Short id of the run, part of the names of its Jobs. */
  readonly runId: string;
  /** Ends what is under way; evidence and cleaning up go on without it. */
  readonly signal: AbortSignal;
  progress(text: string): void;
}

/** Port of the recorder's HTTP server in the Kubernetes manifests. */
const HTTP_PORT = 8080;
const DIGEST = /@sha256:[0-9a-f]{64}$/;
const NEVER = new AbortController().signal;

/** The platform that gates run on: a Kubernetes cluster, from inside or with a kubeconfig. */
export function connectKubernetes(options: KubernetesOptions): Platform {
  return kubernetesPlatform(openCluster(options), options);
}

export function kubernetesPlatform(cluster: Cluster, options: KubernetesOptions): Platform {
  return new KubernetesPlatform(cluster, options);
}

class KubernetesPlatform implements Platform {
  readonly description: string;
  readonly jobsRun: JobTimes[] = [];
  readonly #options: KubernetesOptions;
  readonly #api: Api;
  /** Not ended by the run's signal: evidence is written, and Jobs deleted, after an abort as well. */
  readonly #afterwards: Api;
  #jobs = 0;
  readonly #nodes = new Map<string, string>();
  /** Undefined until it was looked up. */
  #trusted: string | null | undefined;

  constructor(cluster: Cluster, options: KubernetesOptions) {
    this.description = `Kubernetes at ${cluster.server}`;
    this.#options = options;
    this.#api = createApi(cluster, options);
    this.#afterwards = createApi(cluster, { ...options, signal: NEVER });
  }

  async pods(namespace: string, component: string): Promise<readonly Pod[]> {
    const pods = await listPods(this.#current(), namespace, componentLabels(component));
    return pods.map((pod) => toPod(pod, component));
  }

  async deployment(namespace: string, name: string): Promise<Workload | null> {
    const place = { group: 'apps', version: 'v1', resource: 'deployments', namespace } as const;
    try {
      const found = await this.#api.json({ verb: 'get', ...place, name }, deploymentObject);
      return {
        name: found.metadata.name,
        image: found.spec.template.spec.containers[0]?.image ?? '',
        desiredReplicas: found.spec.replicas ?? 1,
        readyReplicas: found.status?.readyReplicas ?? 0,
      };
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  lastPromotion(project: string, stage: string) {
    return lastPromotion(this.#api, project, stage);
  }

  application(namespace: string, name: string) {
    return application(this.#api, namespace, name);
  }

  missingRights(needed: readonly NeededRights[]) {
    return missingRights(this.#api, needed);
  }

  async deletePod(namespace: string, name: string): Promise<void> {
    try {
      await this.#api.json({ verb: 'delete', ...podPlace(namespace), name }, anything);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async metrics(namespace: string, pod: string): Promise<string> {
    return this.#api.text({
      verb: 'get',
      ...podPlace(namespace),
      resource: 'pods/proxy',
      name: `${pod}:${HTTP_PORT}`,
      tail: 'metrics',
    });
  }

  async log(namespace: string, pod: string, lines: number): Promise<string> {
    return this.#current().text({
      verb: 'get',
      ...podPlace(namespace),
      resource: 'pods/log',
      name: pod,
      query: { tailLines: String(lines) },
    });
  }

  async inspect(namespace: string, request: InspectRequest) {
    return reportOf(await this.#inspector(namespace, (args) => inspectArguments(args, request)));
  }

  async summarise(namespace: string, window: SummaryWindow) {
    return summaryOf(await this.#inspector(namespace, (args) => summaryArguments(args, window)));
  }

  async #inspector(namespace: string, args: JobPlan['args']) {
    const { jobTemplate } = await this.#uploader(namespace);
    const image = await this.#inspectorImage();
    const outcome = await this.#runJob(namespace, jobTemplate, {
      component: 'inspector',
      image,
      timeoutMs: this.#options.inspectTimeoutMs,
      args,
    });
    if (image !== null && !image.endsWith(`@${outcome.imageDigest}`)) {
      throw new PlatformError(
        'PLATFORM_ANSWER_INVALID',
        `inspector Job ${outcome.name} ran ${outcome.imageDigest ?? 'no known digest'} instead of ${image}: ${outcome.reason}`,
      );
    }
    return outcome;
  }

  /** The trusted image, looked up once: a promotion of production during the run must not change who judges. */
  async #inspectorImage(): Promise<string | null> {
    const { inspectorsOf, progress } = this.#options;
    if (inspectorsOf === null) return null;
    if (this.#trusted === undefined) {
      const found = await this.deployment(inspectorsOf, RECORDER_DEPLOYMENT);
      this.#trusted = found === null ? null : found.image;
      progress(
        found === null
          ? `namespace ${inspectorsOf} has no recorder yet: inspectors run the judged image`
          : `inspectors run ${found.image}, the image of namespace ${inspectorsOf}`,
      );
    }
    if (this.#trusted !== null && !DIGEST.test(this.#trusted)) {
      throw new PlatformError(
        'PLATFORM_ANSWER_INVALID',
        `Deployment ${RECORDER_DEPLOYMENT} in namespace ${inspectorsOf} runs ${this.#trusted}, which names no digest: inspectors cannot be told to run exactly it`,
      );
    }
    return this.#trusted;
  }

  async upload(namespace: string) {
    const { suspend, jobTemplate } = await this.#uploader(namespace);
    if (suspend === true) {
      throw new PlatformError(
        'PLATFORM_SUSPENDED',
        `CronJob ${UPLOADER_CRON_JOB} in namespace ${namespace} is suspended: nothing is uploaded there, and a one-off Job would hide that; resume it`,
      );
    }
    return this.#runJob(namespace, jobTemplate, {
      component: 'uploader',
      timeoutMs: this.#options.uploadTimeoutMs,
      args: (args) => [...args, '--minimum-age=0s'],
    });
  }

  async putConfigMap(...args: Parameters<Platform['putConfigMap']>): Promise<void> {
    await putConfigMap(this.#afterwards, ...args);
  }

  async keptEvidence(project: string, kind: KeptEvidence['kind'], stage: string) {
    return keptEvidence(this.#afterwards, project, kind, stage);
  }

  async deleteEvidence(project: string, run: string): Promise<void> {
    const place = { group: '', version: 'v1', resource: 'configmaps', namespace: project } as const;
    try {
      await this.#afterwards.json({ verb: 'delete', ...place, name: run }, anything);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async tellStage(project: string, stage: string, event: StageEvent): Promise<void> {
    await tellStage(this.#afterwards, project, stage, event);
  }

  /** Before an abort everything ends with it; after it, what is asked for is asked for the evidence. */
  #current(): Api {
    return this.#options.signal.aborted ? this.#afterwards : this.#api;
  }

  async #uploader(namespace: string) {
    const place = { group: 'batch', version: 'v1', resource: 'cronjobs', namespace } as const;
    try {
      const found = await this.#api.json(
        { verb: 'get', ...place, name: UPLOADER_CRON_JOB },
        cronJobObject,
      );
      return found.spec;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw new PlatformError(
        'PLATFORM_NOT_FOUND',
        `namespace ${namespace} has no CronJob ${UPLOADER_CRON_JOB}, which inspectors and uploads are made from; was the Application synced?`,
        { cause: error },
      );
    }
  }

  async #runJob(
    namespace: string,
    template: JobTemplate,
    job: Pick<JobPlan, 'component' | 'args' | 'image'> & { readonly timeoutMs: number },
  ) {
    const { runId, signal, progress } = this.#options;
    this.#jobs += 1;
    const name = `orderbooks-${job.component}-${runId}-${this.#jobs}`;
    const deadlineSeconds = Math.max(1, Math.ceil(job.timeoutMs / 1000));
    const manifest = jobFromTemplate(template, {
      name,
      namespace,
      component: job.component,
      runId,
      node: await this.#recorderNode(namespace),
      deadlineSeconds,
      readOnly: job.component === 'inspector',
      ...(job.image === undefined ? {} : { image: job.image }),
      args: job.args,
    });
    progress(`creating Job ${name} in namespace ${namespace}`);
    const { times, ...outcome } = await runJob({
      api: this.#api,
      cleanUp: this.#afterwards,
      signal,
      namespace,
      name,
      container: job.component,
      manifest,
      deadlineSeconds,
      progress,
    });
    this.jobsRun.push(times);
    return outcome;
  }

  /** Where the data volume is mounted; remembered, because between two recorder pods there is none to ask. */
  async #recorderNode(namespace: string): Promise<string | null> {
    const pods = await listPods(this.#api, namespace, componentLabels(RECORDER_COMPONENT));
    const node = pods.find((pod) => pod.spec.nodeName !== undefined)?.spec.nodeName;
    if (node !== undefined) this.#nodes.set(namespace, node);
    return this.#nodes.get(namespace) ?? null;
  }
}

function componentLabels(component: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': 'orderbooks', 'app.kubernetes.io/component': component };
}

function podPlace(namespace: string) {
  return { group: '', version: 'v1', resource: 'pods', namespace } as const;
}

function isNotFound(error: unknown): boolean {
  return error instanceof PlatformError && error.code === 'PLATFORM_NOT_FOUND';
}
