import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import type { ApplicationState, PromotionState } from '../../../../runtime/gates/delivery-state.ts';
import { errorText } from '../../../../runtime/gates/error.ts';
import type { Pod, Workload } from '../../../../runtime/gates/platform.ts';
import { BUCKET_MS } from '../../../../runtime/inspector/summary.ts';
import type { World } from '../world.ts';
import { DIGEST, IMAGE } from '../world.ts';

/** A request as an API server authorises it. */
export interface Seen {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown> | null;
  readonly authorization: string;
}

/** What a test puts in place of an answer. */
export type Fault =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly text: string }
  | 'hang'
  | 'half'
  | null;

export const TOKEN = 'token-of-the-verifier';
const NODE = 'node-1';
const CRON_JOB = parse(
  readFileSync(new URL('../../../../gitops/base/cronjob-uploader.yaml', import.meta.url), 'utf8'),
);

interface StoredJob {
  readonly manifest: Record<string, unknown>;
  readonly log: string;
  readonly exitCode: number;
}

/** The part of a Kubernetes API that gates use, over HTTP on loopback, with a world in memory behind it. */
export class FakeApiServer {
  readonly requests: Seen[] = [];
  readonly jobs = new Map<string, StoredJob>();
  readonly deletedJobs: string[] = [];
  readonly createdJobs: Record<string, unknown>[] = [];
  readonly configMaps = new Map<string, Record<string, unknown>>();
  readonly events: Record<string, unknown>[] = [];
  readonly world: World;
  fault: (request: Seen) => Fault = () => null;
  /** Changes what an inspector or uploader wrote to its log. */
  log: (text: string) => string = (text) => text;
  jobCondition: (name: string) => Record<string, unknown> | null = () => ({
    type: 'Complete',
    status: 'True',
  });
  cronJob: Record<string, unknown> = structuredClone(CRON_JOB);
  /** `verb resource` that reviews of rights deny. */
  denied: ReadonlySet<string> = new Set();
  readonly #server: Server;
  #version = 0;

  constructor(world: World) {
    this.world = world;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        response.writeHead(500).end(errorText(error));
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** A kubeconfig for this server, as JSON (which is YAML). */
  kubeconfig(server: string): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'fake', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'verifier', user: { token: TOKEN } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'verifier' } }],
      'current-context': 'fake',
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await read(request);
    this.requests.push(seen);
    const fault = this.fault(seen);
    if (fault === 'hang') return;
    if (fault === 'half') {
      response.writeHead(200, { 'content-length': '1000' }).write('{"kind":');
      response.destroy();
      return;
    }
    if (fault !== null && 'text' in fault) {
      response.writeHead(200).end(fault.text);
      return;
    }
    const answer = fault ?? (await this.#answer(seen));
    response.writeHead(answer.status, fault?.headers ?? {});
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  }

  async #answer(seen: Seen): Promise<{ readonly status: number; readonly body?: unknown }> {
    switch (`${seen.verb} ${seen.resource}`) {
      case 'list pods':
        return { status: 200, body: { kind: 'PodList', items: await this.#pods(seen) } };
      case 'delete pods':
        await this.world.deletePod(seen.namespace, seen.name);
        return { status: 200, body: { kind: 'Pod' } };
      case 'get pods/proxy':
        return { status: 200, body: await this.world.metrics(seen.namespace, seen.name) };
      case 'get pods/log':
        return { status: 200, body: this.#logOf(seen) };
      case 'get deployments': {
        const found = await this.world.deployment(seen.namespace, seen.name);
        return found === null ? notFound(seen) : { status: 200, body: deployment(found, seen) };
      }
      case 'get cronjobs':
        return {
          status: 200,
          body: { ...this.cronJob, metadata: meta(seen, 'orderbooks-uploader') },
        };
      case 'get stages': {
        const found = await this.world.lastPromotion(seen.namespace, seen.name);
        return { status: 200, body: stage(found, seen) };
      }
      case 'get applications': {
        const found = await this.world.application(seen.namespace, seen.name);
        return found === null ? notFound(seen) : { status: 200, body: application(found, seen) };
      }
      case 'create selfsubjectaccessreviews':
        return { status: 201, body: this.#review(seen) };
      case 'create jobs':
        return this.#createJob(seen);
      case 'get jobs':
        return this.jobs.has(seen.name)
          ? { status: 200, body: this.#job(seen, seen.name) }
          : notFound(seen);
      case 'delete jobs':
        this.deletedJobs.push(seen.name);
        return this.jobs.delete(seen.name) ? { status: 200, body: {} } : notFound(seen);
      case 'create events':
        this.events.push(seen.body ?? {});
        return { status: 201, body: seen.body };
      case 'list configmaps':
        return { status: 200, body: this.#listConfigMaps(seen) };
      case 'delete configmaps':
        return this.configMaps.delete(`${seen.namespace}/${seen.name}`)
          ? { status: 200, body: {} }
          : notFound(seen);
      default:
        return this.#configMap(seen);
    }
  }

  #review(seen: Seen) {
    const asked = dig(seen.body, 'spec', 'resourceAttributes') as Record<string, string>;
    const resource = [asked['resource'], asked['subresource']].filter(Boolean).join('/');
    const allowed = !this.denied.has(`${asked['verb']} ${resource}`);
    return { kind: 'SelfSubjectAccessReview', status: { allowed } };
  }

  async #pods(seen: Seen): Promise<unknown[]> {
    const labels = Object.fromEntries(
      (seen.query.get('labelSelector') ?? '').split(',').map((one) => one.split('=')),
    );
    const job = labels['orderbooks-job'];
    if (job !== undefined) return this.#jobPods(seen, job);
    const component = String(labels['app.kubernetes.io/component']);
    const pods = await this.world.pods(seen.namespace, component);
    return pods.map((pod) => podObject(pod, component));
  }

  #jobPods(seen: Seen, name: string): unknown[] {
    const job = this.jobs.get(name);
    if (job === undefined) return [];
    const template = dig(job.manifest, 'spec', 'template');
    const container = dig(template, 'spec', 'containers', '0') as {
      name: string;
      image?: string;
    };
    return [
      {
        metadata: {
          ...meta(seen, `${name}-abcde`),
          labels: (dig(template, 'metadata', 'labels') ?? {}) as object,
        },
        spec: {
          nodeName: NODE,
          containers: [{ name: container.name, image: container.image ?? IMAGE }],
        },
        status: {
          phase: job.exitCode === 0 ? 'Succeeded' : 'Failed',
          containerStatuses: [
            {
              name: container.name,
              imageID: container.image?.includes('@') ? container.image : IMAGE,
              restartCount: 0,
              state: { terminated: { exitCode: job.exitCode, reason: 'Completed' } },
            },
          ],
        },
      },
    ];
  }

  async #createJob(seen: Seen): Promise<{ status: number; body: unknown }> {
    const manifest = seen.body ?? {};
    const name = String(dig(manifest, 'metadata', 'name'));
    if (this.jobs.has(name)) return { status: 409, body: { message: 'already exists' } };
    this.createdJobs.push(manifest);
    const args = dig(manifest, 'spec', 'template', 'spec', 'containers', '0', 'args') as string[];
    const value = (flag: string): string[] =>
      args.filter((arg) => arg.startsWith(`${flag}=`)).map((arg) => arg.slice(flag.length + 1));
    let log = '';
    let exitCode = 0;
    if (args.includes('--summary')) {
      const [since = '', until = ''] = [...value('--since'), ...value('--until')];
      const [span] = value('--span');
      const spanMs = span === undefined ? BUCKET_MS : Number.parseInt(span, 10);
      const summary = await this.world.summarise(seen.namespace, { since, until, spanMs });
      log = `${JSON.stringify(summary)}\n`;
    } else if (args[0] === 'inspect') {
      const [since] = value('--since');
      const report = await this.world.inspect(seen.namespace, {
        ...(since === undefined ? {} : { since }),
        paths: value('--path'),
        ...(args.includes('--remote') ? { uploadOf: value('--upload')[0] ?? '' } : {}),
      });
      log = `{"level":"info","msg":"inspecting"}\n${JSON.stringify(report)}\n`;
    } else {
      const outcome = await this.world.upload(seen.namespace, name);
      log = outcome.log;
      exitCode = outcome.exitCode ?? 1;
    }
    this.jobs.set(name, { manifest, log: this.log(log), exitCode });
    return { status: 201, body: this.#job(seen, name) };
  }

  #job(seen: Seen, name: string) {
    const condition = this.jobCondition(name);
    return {
      kind: 'Job',
      metadata: meta(seen, name),
      status: { conditions: condition === null ? null : [condition] },
    };
  }

  #logOf(seen: Seen): string {
    const job = [...this.jobs].find(([name]) => seen.name === `${name}-abcde`);
    return job === undefined ? `log of ${seen.name}\n` : job[1].log;
  }

  /** In pages, as an API server answers `limit`. */
  #listConfigMaps(seen: Seen) {
    const wanted = (seen.query.get('labelSelector') ?? '').split(',').map((one) => one.split('='));
    const all = [...this.configMaps]
      .filter(([key]) => key.startsWith(`${seen.namespace}/`))
      .map(([, held]) => held)
      .filter((held) =>
        wanted.every(([key, value]) => dig(held, 'metadata', 'labels', key ?? '') === value),
      );
    const from = Number(seen.query.get('continue') ?? 0);
    const to = from + Number(seen.query.get('limit') ?? all.length);
    return {
      kind: 'ConfigMapList',
      metadata: to < all.length ? { continue: String(to) } : {},
      items: all.slice(from, to),
    };
  }

  #configMap(seen: Seen): { status: number; body: unknown } {
    const name = seen.name || String(dig(seen.body, 'metadata', 'name'));
    const key = `${seen.namespace}/${name}`;
    const held = this.configMaps.get(key);
    if (seen.verb === 'get')
      return held === undefined ? notFound(seen) : { status: 200, body: held };
    if (seen.verb === 'create' && held !== undefined) {
      return { status: 409, body: { message: `configmaps "${name}" already exists` } };
    }
    const version = dig(seen.body, 'metadata', 'resourceVersion');
    if (seen.verb === 'update' && version !== dig(held, 'metadata', 'resourceVersion')) {
      return { status: 409, body: { message: 'the object has been modified' } };
    }
    this.#version += 1;
    const stored = {
      ...seen.body,
      metadata: {
        ...meta(seen, name),
        labels: dig(seen.body, 'metadata', 'labels'),
        resourceVersion: String(this.#version),
      },
    };
    this.configMaps.set(key, stored);
    return { status: 200, body: stored };
  }
}

/** The value at a path of keys, or undefined. */
export function dig(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(request.url ?? '/', 'http://api');
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const core = parts[0] === 'api';
  const rest = parts.slice(core ? 2 : 3);
  const [only = '', namespace = '', kind = rest.length === 1 ? only : '', name = '', subresource] =
    rest;
  const verbs: Record<string, string> = { POST: 'create', PUT: 'update', DELETE: 'delete' };
  return {
    verb: verbs[request.method ?? ''] ?? (name === '' ? 'list' : 'get'),
    group: core ? '' : (parts[1] ?? ''),
    resource: subresource === undefined ? kind : `${kind}/${subresource}`,
    namespace,
    // The proxy names a port after the pod.
    name: name.split(':')[0] ?? '',
    query: url.searchParams,
    body: text === '' ? null : JSON.parse(text),
    authorization: request.headers.authorization ?? '',
  };
}

function podObject(pod: Pod, component: string) {
  return {
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      uid: pod.uid,
      labels: { 'app.kubernetes.io/name': 'orderbooks', 'app.kubernetes.io/component': component },
      ...(pod.terminating ? { deletionTimestamp: '2026-11-21T10:00:00Z' } : {}),
    },
    spec: { nodeName: NODE, containers: [{ name: component, image: pod.image }] },
    status: {
      phase: pod.phase,
      startTime: pod.startedAt,
      conditions: [{ type: 'Ready', status: pod.ready ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: component,
          imageID:
            pod.imageDigest === null
              ? ''
              : `registry.example.com/data/orderbooks@${pod.imageDigest}`,
          restartCount: pod.restarts,
          state: { running: { startedAt: pod.startedAt } },
        },
      ],
    },
  };
}

function deployment(workload: Workload, seen: Seen) {
  return {
    kind: 'Deployment',
    metadata: meta(seen, workload.name),
    spec: {
      replicas: workload.desiredReplicas,
      template: { spec: { containers: [{ name: 'main', image: workload.image }] } },
    },
    status: { readyReplicas: workload.readyReplicas },
  };
}

function stage(promotion: PromotionState | null, seen: Seen) {
  const lastPromotion = promotion && {
    name: promotion.name,
    freight: {
      commits: promotion.commits.map((id) => ({ id })),
      images: promotion.digests.map((digest) => ({ digest })),
    },
    status: {
      phase: promotion.phase,
      healthChecks: [
        {
          uses: 'argocd-update',
          config: {
            apps: promotion.applications.map(({ revisions, ...place }) => ({
              ...place,
              desiredRevisions: revisions,
            })),
          },
        },
      ],
    },
  };
  return { kind: 'Stage', metadata: meta(seen, seen.name), status: { lastPromotion } };
}

function application({ sync, revision, conditions, resources }: ApplicationState, seen: Seen) {
  return {
    kind: 'Application',
    metadata: meta(seen, seen.name),
    status: {
      sync: { status: sync, ...(revision === null ? {} : { revision }) },
      conditions,
      resources: resources.map(({ object, ...rest }) => {
        const [group, kind, name] = object.split('/');
        return { ...(group === '' ? {} : { group }), kind, name, ...rest };
      }),
    },
  };
}

function meta(seen: Seen, name: string) {
  return { name, namespace: seen.namespace, uid: `uid-of-${name}` };
}

function notFound({ resource, name }: Seen) {
  return {
    status: 404,
    body: { kind: 'Status', message: `${resource} "${name}" not found`, code: 404 },
  };
}

export { DIGEST };
