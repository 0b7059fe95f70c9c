import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { AccessRecord } from './access-record.ts';
import { discovery } from './api-discovery.ts';
import { ApiError, statusObject } from './api-error.ts';
import { type ApiTarget, parseApiPath } from './api-path.ts';
import { type ApiRequest, collectionVerb, handleResource, objectVerb } from './api-resources.ts';
import { sendJson } from './api-response.ts';
import { type Access, forbidden, isAllowed } from './authorization.ts';
import type { Emit } from './events.ts';
import { ANONYMOUS, type Identity, identityOf, MASTERS, type Tokens } from './identities.ts';
import { type PodConnections, proxyToPod, sendPodLog } from './pod-connections.ts';
import type { ObjectStore } from './store.ts';

export interface ApiServerOptions {
  readonly store: ObjectStore;
  readonly tokens: Tokens;
  readonly pods: PodConnections;
  readonly emit: Emit;
}

/** Larger objects are refused, as by etcd behind a real API server. */
const BODY_LIMIT = 1_572_864;

/** The Kubernetes API of the local cluster, on a free port of the loopback interface, without TLS. */
export class ApiServer {
  readonly #options: ApiServerOptions;
  readonly #server: Server;
  readonly #record = new AccessRecord();

  private constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((cause: unknown) => this.#fail(response, cause));
    });
  }

  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const api = new ApiServer(options);
    await new Promise<void>((resolve, reject) => {
      api.#server.once('error', reject);
      api.#server.listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  /** `http://127.0.0.1:PORT` */
  get address(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  get record(): AccessRecord {
    return this.#record;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://cluster');
    const identity = this.#authenticate(request);
    if (['/healthz', '/livez', '/readyz'].includes(url.pathname)) {
      response.end('ok');
      return;
    }
    const document = request.method === 'GET' ? discovery(url.pathname) : undefined;
    if (document !== undefined) {
      sendJson(response, 200, document);
      return;
    }
    if (url.pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') {
      sendJson(response, 201, this.#review(identity, await readJson(request)));
      return;
    }
    const target = parseApiPath(url.pathname);
    if (target === undefined) {
      throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
    }
    this.#authorize(identity, target, request.method ?? 'GET', url);
    if (target.kind.plural === 'pods' && target.subresource === 'log') {
      await sendPodLog(this.#options.pods, target, url.searchParams, response);
    } else if (target.kind.plural === 'pods' && target.subresource === 'proxy') {
      await proxyToPod(this.#options.pods, target, url, request, response);
    } else {
      const body = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method ?? '')
        ? await readJson(request)
        : undefined;
      const call: ApiRequest = {
        method: request.method ?? 'GET',
        contentType: request.headers['content-type'] ?? '',
        target,
        query: url.searchParams,
        body,
      };
      handleResource(this.#options.store, call, request, response);
    }
  }

  #authenticate(request: IncomingMessage): Identity {
    const header = request.headers.authorization;
    if (header === undefined) return ANONYMOUS;
    const token = /^Bearer (\S+)$/.exec(header)?.[1];
    const identity = token === undefined ? undefined : this.#options.tokens.identify(token);
    if (identity === undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    const other = request.headers['impersonate-user'];
    if (typeof other !== 'string') return identity;
    if (identity.groups.includes(MASTERS)) return identityOf(other);
    const access = {
      verb: 'impersonate',
      group: '',
      resource: 'users',
      namespace: '',
      name: other,
    };
    throw forbidden(identity, access);
  }

  #authorize(identity: Identity, target: ApiTarget, method: string, url: URL): void {
    const { kind, namespace, name, subresource } = target;
    const watching = url.searchParams.get('watch');
    const verb =
      name === ''
        ? collectionVerb(method, watching === 'true' || watching === '1')
        : objectVerb(method);
    const access: Access = {
      verb,
      group: kind.group,
      resource: subresource === '' ? kind.plural : `${kind.plural}/${subresource}`,
      namespace,
      name: subresource === 'proxy' ? proxiedPod(name) : name,
    };
    const allowed = isAllowed(this.#options.store, identity, access);
    this.#record.note(identity, access, allowed);
    if (!allowed) throw forbidden(identity, access);
  }

  #review(identity: Identity, body: unknown): unknown {
    const review = body as {
      spec?: { resourceAttributes?: Partial<Access> & { subresource?: string } };
    };
    const wanted = review.spec?.resourceAttributes ?? {};
    const { subresource = '', resource = '' } = wanted;
    const allowed = isAllowed(this.#options.store, identity, {
      verb: wanted.verb ?? '',
      group: wanted.group ?? '',
      resource: subresource === '' ? resource : `${resource}/${subresource}`,
      namespace: wanted.namespace ?? '',
      name: wanted.name ?? '',
    });
    return {
      kind: 'SelfSubjectAccessReview',
      apiVersion: 'authorization.k8s.io/v1',
      ...review,
      status: { allowed },
    };
  }

  #fail(response: ServerResponse, cause: unknown): void {
    if (!(cause instanceof ApiError)) {
      const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      this.#options.emit({ type: 'problem', where: 'API server', message });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const error =
      cause instanceof ApiError
        ? cause
        : new ApiError(
            500,
            'InternalError',
            `Internal error occurred: ${cause instanceof OrderbooksError ? cause.message : String(cause)}`,
          );
    sendJson(response, error.httpStatus, statusObject(error));
  }
}

/** The pod of `http:NAME:PORT`, for rules with resource names. */
function proxiedPod(name: string): string {
  const parts = name.split(':');
  return (parts.length === 3 ? parts[1] : parts[0]) ?? '';
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? 'application/json';
  if (!type.includes('json')) {
    const message = `the body of the request was in an unknown format - accepted media types include: application/json, seen: ${type}`;
    throw new ApiError(415, 'UnsupportedMediaType', message);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) {
      const message = `Request entity too large: limit is ${BODY_LIMIT}`;
      throw new ApiError(413, 'RequestEntityTooLarge', message);
    }
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new ApiError(400, 'BadRequest', `request body is not JSON: ${String(cause)}`);
  }
}
