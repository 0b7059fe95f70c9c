import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ApiError, badRequest } from './api-error.ts';
import type { ApiTarget } from './api-path.ts';
import { at, list, text } from './fields.ts';
import { POD } from './kinds.ts';
import type { Kubelet } from './kubelet.ts';
import type { ObjectStore } from './store.ts';

/** What log and proxy need. */
export interface PodConnections {
  readonly store: ObjectStore;
  readonly kubelet: Kubelet;
}

/** Time to connect to a pod's port; a port that nobody listens on refuses at once. */
const PROXY_TIMEOUT_MS = 30_000;

/** `GET …/pods/NAME/log` with `container`, `tailLines`, `previous`; `follow` is not supported. */
export async function sendPodLog(
  pods: PodConnections,
  target: ApiTarget,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const { namespace, name } = target;
  const pod = pods.store.require(POD, namespace, name);
  const own = text(at(list(at(pod, 'spec', 'containers'))[0], 'name')) ?? '';
  const container = query.get('container') ?? own;
  if (container !== own) throw badRequest(`container ${container} is not valid for pod ${name}`);
  if (query.get('follow') === 'true') {
    throw badRequest('follow is not supported by the local cluster of the rehearsal');
  }
  const previous = query.get('previous') === 'true';
  const worker = pods.kubelet.worker(namespace, name);
  const file = worker?.logFile(previous);
  if (file === undefined) {
    throw badRequest(
      previous
        ? `previous terminated container "${container}" in pod "${name}" not found`
        : `container "${container}" in pod "${name}" is waiting to start: ${worker?.waitingReason() ?? 'ContainerCreating'}`,
    );
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  const lines = query.get('tailLines');
  if (lines === null) {
    await pipeline(createReadStream(file), response);
    return;
  }
  response.end(lastLines(await readFile(file, 'utf8'), Number(lines)));
}

/** Passes a request on to a pod: `…/pods/[http:]NAME[:PORT]/proxy/PATH`, where PORT is a number or a name. */
export async function proxyToPod(
  pods: PodConnections,
  target: ApiTarget,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts = target.name.split(':');
  const [name = '', wanted = ''] = parts.length === 3 ? parts.slice(1) : parts;
  const pod = pods.store.require(POD, target.namespace, name);
  const ports = list(at(list(at(pod, 'spec', 'containers'))[0], 'ports'));
  const named = ports.find((port) => at(port, 'name') === wanted) ?? ports[0];
  const containerPort = /^\d+$/.test(wanted) ? Number(wanted) : Number(at(named, 'containerPort'));
  const port = pods.kubelet.worker(target.namespace, name)?.hostPort(containerPort);
  const unreachable = (why: string): ApiError =>
    new ApiError(503, 'ServiceUnavailable', `error trying to reach service: ${why}`);
  if (port === undefined) {
    throw unreachable(`dial tcp 127.0.0.1:${wanted}: connect: connection refused`);
  }
  const { authorization: _, host: __, connection: ___, ...headers } = request.headers;
  await new Promise<void>((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: request.method,
        path: `/${target.rest}${url.search}`,
        headers,
        agent: false,
        timeout: PROXY_TIMEOUT_MS,
      },
      (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, incoming.headers);
        pipeline(incoming, response).then(resolve, reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('i/o timeout')));
    outgoing.on('error', (error) =>
      reject(response.headersSent ? error : unreachable(error.message)),
    );
    request.pipe(outgoing);
  });
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  const closed = lines.at(-1) === '';
  return lines.slice(-(count + (closed ? 1 : 0))).join('\n');
}
