import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'yaml';
import { errorText } from '../../../../runtime/gates/error.ts';
import type { World } from '../world.ts';
import { application, deployment, meta, notFound, podObject, stage } from './api-objects.ts';
import { dig, readRequest, type Seen } from './api-request.ts';
import { FakeConfigMaps } from './fake-config-maps.ts';
import { FakeJobs } from './fake-jobs.ts';

/** What a test puts in place of an answer. */
export type Fault =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly text: string }
  | 'hang'
  | 'half'
  | null;

export const TOKEN = 'token-of-the-verifier';
const CRON_JOB = parse(
  readFileSync(new URL('../../../../gitops/base/cronjob-uploader.yaml', import.meta.url), 'utf8'),
);

/** The part of a Kubernetes API that gates use, over HTTP on loopback, with a world in memory behind it. */
export class FakeApiServer {
  readonly requests: Seen[] = [];
  readonly jobs: FakeJobs;
  readonly deletedJobs: string[] = [];
  readonly configMaps = new FakeConfigMaps();
  readonly events: Record<string, unknown>[] = [];
  readonly world: World;
  fault: (request: Seen) => Fault = () => null;
  cronJob: Record<string, unknown> = structuredClone(CRON_JOB);
  /** `verb resource` that reviews of rights deny. */
  denied: ReadonlySet<string> = new Set();
  readonly #server: Server;

  constructor(world: World) {
    this.world = world;
    this.jobs = new FakeJobs(world);
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
    const seen = await readRequest(request);
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
        return { status: 200, body: this.jobs.logOf(seen) };
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
        return this.jobs.create(seen);
      case 'get jobs':
        return this.jobs.has(seen.name)
          ? { status: 200, body: this.jobs.object(seen, seen.name) }
          : notFound(seen);
      case 'delete jobs':
        this.deletedJobs.push(seen.name);
        return this.jobs.delete(seen.name) ? { status: 200, body: {} } : notFound(seen);
      case 'create events':
        this.events.push(seen.body ?? {});
        return { status: 201, body: seen.body };
      case 'list configmaps':
        return { status: 200, body: this.configMaps.list(seen) };
      case 'delete configmaps':
        return this.configMaps.delete(`${seen.namespace}/${seen.name}`)
          ? { status: 200, body: {} }
          : notFound(seen);
      default:
        return this.configMaps.answer(seen);
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
    if (job !== undefined) return [...this.jobs.podsOf(seen, job)];
    const component = String(labels['app.kubernetes.io/component']);
    const pods = await this.world.pods(seen.namespace, component);
    return pods.map((pod) => podObject(pod, component));
  }
}
