import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KubernetesObject } from '../../kargo/step.ts';
import { ApiError, badRequest } from './api-error.ts';
import type { ApiTarget } from './api-path.ts';
import { sendJson } from './api-response.ts';
import { at, fields, isFields, mergePatch, stringFields, text } from './fields.ts';
import { apiVersionOf, JOB } from './kinds.ts';
import { namespaceOf } from './object-identity.ts';
import type { DeleteOptions, WritePart } from './object-write.ts';
import { parseSelector, type Selector } from './selector.ts';
import type { ObjectStore, StoreEvent } from './store.ts';

export interface ApiRequest {
  readonly method: string;
  readonly contentType: string;
  readonly target: ApiTarget;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** RBAC verb of a request on one object. */
export function objectVerb(method: string): string {
  const verbs: Readonly<Record<string, string>> = {
    GET: 'get',
    HEAD: 'get',
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: 'delete',
  };
  return verbs[method] ?? unsupported(method);
}

/** RBAC verb of a request on a collection. */
export function collectionVerb(method: string, watching: boolean): string {
  if (method === 'GET') return watching ? 'watch' : 'list';
  if (method === 'POST') return 'create';
  return method === 'DELETE' ? 'deletecollection' : unsupported(method);
}

/** Lists, watches, reads and writes objects. */
export function handleResource(
  store: ObjectStore,
  call: ApiRequest,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { target, query } = call;
  if (target.name === '') {
    const selector = wantedObjects(query);
    const verb = collectionVerb(call.method, ['true', '1'].includes(query.get('watch') ?? ''));
    if (verb === 'list') sendJson(response, 200, listObjects(store, target, selector));
    else if (verb === 'watch') watch(store, call, selector, request, response);
    else if (verb === 'create') sendJson(response, 201, create(store, call));
    else sendJson(response, 200, deleteAll(store, call, selector));
    return;
  }
  const part = partOf(target);
  switch (objectVerb(call.method)) {
    case 'get':
      sendJson(response, 200, store.require(target.kind, target.namespace, target.name));
      return;
    case 'update':
      sendJson(response, 200, store.update(objectOf(call, false), part));
      return;
    case 'patch':
      sendJson(response, 200, patch(store, call, part));
      return;
    case 'delete':
      sendJson(response, 200, remove(store, call, target.name));
      return;
    default:
      unsupported(call.method);
  }
}

function listObjects(store: ObjectStore, target: ApiTarget, selector: Selected): unknown {
  const namespace = target.namespace === '' ? undefined : target.namespace;
  return {
    kind: `${target.kind.kind}List`,
    apiVersion: apiVersionOf(target.kind),
    metadata: { resourceVersion: String(store.resourceVersion) },
    items: store.list(target.kind, namespace).filter(selector),
  };
}

function create(store: ObjectStore, call: ApiRequest): KubernetesObject {
  const object = objectOf(call, true);
  if (object.metadata['resourceVersion'] !== undefined) {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  return store.create(object);
}

function patch(store: ObjectStore, call: ApiRequest, part: WritePart): KubernetesObject {
  const { target, contentType, body } = call;
  // Lists are replaced whole also for a strategic merge patch, which differs from Kubernetes only for lists with merge keys.
  if (!/^application\/(merge|strategic-merge)-patch\+json/.test(contentType)) {
    const message = `the body of the request was in an unknown format - accepted media types include: application/merge-patch+json, seen: ${contentType}`;
    throw new ApiError(415, 'UnsupportedMediaType', message);
  }
  if (!isFields(body)) throw badRequest('the body of a merge patch must be an object');
  const current = store.require(target.kind, target.namespace, target.name);
  const patched = mergePatch(current, body) as KubernetesObject;
  return store.update(patched, part);
}

function remove(store: ObjectStore, call: ApiRequest, name: string): unknown {
  const { target } = call;
  const object = store.require(target.kind, target.namespace, name);
  const left = store.delete(target.kind, target.namespace, name, deleteOptions(call));
  if (left !== undefined) return left;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, kind: target.kind.plural, uid: object.metadata['uid'] },
  };
}

function deleteAll(store: ObjectStore, call: ApiRequest, selector: Selected): unknown {
  const { target } = call;
  const doomed = store.list(target.kind, target.namespace).filter(selector);
  for (const object of doomed) remove(store, call, object.metadata.name);
  return { ...(listObjects(store, target, () => false) as object), items: doomed };
}

function deleteOptions(call: ApiRequest): DeleteOptions {
  const { query, body, target } = call;
  const wanted = query.get('propagationPolicy') ?? text(at(body, 'propagationPolicy'));
  const grace = query.get('gracePeriodSeconds') ?? at(body, 'gracePeriodSeconds');
  const uid = text(at(body, 'preconditions', 'uid'));
  const resourceVersion = text(at(body, 'preconditions', 'resourceVersion'));
  // A Job deleted through the API without a policy leaves its pods behind (kept by Kubernetes for old clients).
  const propagation = wanted ?? (target.kind === JOB ? 'Orphan' : 'Background');
  if (propagation !== 'Background' && propagation !== 'Foreground' && propagation !== 'Orphan') {
    throw badRequest(`invalid propagationPolicy "${propagation}"`);
  }
  return {
    propagation,
    ...(grace === null || grace === undefined ? {} : { graceSeconds: Number(grace) }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** Streams changes as lines of JSON until the client goes. */
function watch(
  store: ObjectStore,
  call: ApiRequest,
  selector: Selected,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { target, query } = call;
  const concerns = ({ kind, object }: StoreEvent): boolean =>
    kind === target.kind &&
    (target.namespace === '' || namespaceOf(object) === target.namespace) &&
    selector(object);
  const send = (type: string, object: unknown): void => {
    response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const since = query.get('resourceVersion') ?? '';
  const missed = since === '' || since === '0' ? [] : store.since(Number(since)).filter(concerns);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  if (since === '' || since === '0') {
    const namespace = target.namespace === '' ? undefined : target.namespace;
    for (const object of store.list(target.kind, namespace).filter(selector)) send('ADDED', object);
  }
  for (const event of missed) send(event.type, event.object);
  const unsubscribe = store.on((event) => {
    if (concerns(event)) send(event.type, event.object);
  });
  const timeout = Number(query.get('timeoutSeconds') ?? 0);
  const timer = timeout > 0 ? setTimeout(() => response.end(), timeout * 1000) : undefined;
  request.socket.once('close', () => {
    unsubscribe();
    clearTimeout(timer);
  });
  response.once('close', () => {
    unsubscribe();
    clearTimeout(timer);
  });
}

type Selected = (object: KubernetesObject) => boolean;

/** `labelSelector` and the two fields that every kind can be selected by. */
function wantedObjects(query: URLSearchParams): Selected {
  const labels: Selector = parseSelector(query.get('labelSelector') ?? '');
  const wanted = (query.get('fieldSelector') ?? '').split(',').filter((part) => part !== '');
  const checks = wanted.map((part) => {
    const [field, value] = part.split(/==?/);
    if (field === 'metadata.name')
      return (object: KubernetesObject) => object.metadata.name === value;
    if (field === 'metadata.namespace')
      return (object: KubernetesObject) => namespaceOf(object) === value;
    throw badRequest(`field label not supported: ${field}`);
  });
  return (object) =>
    labels(stringFields(object.metadata.labels)) && checks.every((check) => check(object));
}

/** The object in the body, which must agree with the path. */
function objectOf(call: ApiRequest, creating: boolean): KubernetesObject {
  const { target, body } = call;
  const metadata = fields(at(body, 'metadata'));
  const expected = { apiVersion: apiVersionOf(target.kind), kind: target.kind.kind };
  for (const field of ['apiVersion', 'kind'] as const) {
    const seen = at(body, field);
    if (seen !== undefined && seen !== expected[field]) {
      throw badRequest(
        `the ${field} in the data (${String(seen)}) does not match the expected ${field} (${expected[field]})`,
      );
    }
  }
  const namespace = metadata['namespace'];
  if (namespace !== undefined && namespace !== '' && namespace !== target.namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  if (!creating && metadata['name'] !== target.name) {
    throw badRequest(
      `the name of the object (${String(metadata['name'])}) does not match the name on the URL (${target.name})`,
    );
  }
  return {
    ...fields(body),
    ...expected,
    metadata: { ...metadata, namespace: target.namespace },
  } as unknown as KubernetesObject;
}

function partOf(target: ApiTarget): WritePart {
  if (target.subresource === 'status' && target.kind.statusSubresource) return 'status';
  if (target.subresource === '') return target.kind.statusSubresource ? 'all but status' : 'whole';
  throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
}

function unsupported(method: string): never {
  throw new ApiError(
    405,
    'MethodNotAllowed',
    `the server does not allow this method on the requested resource: ${method}`,
  );
}
