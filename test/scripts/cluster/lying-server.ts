import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How the API server answers every request. */
export type Lie = 401 | 403 | 409 | 429 | 500 | 'silence' | 'half';

export interface LyingServer {
  readonly kubeconfig: string;
  close(): Promise<void>;
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  409: 'Conflict',
  429: 'TooManyRequests',
  500: 'InternalError',
};

/** An API server on loopback that knows Namespaces and ConfigMaps and answers everything about them with one lie. */
export async function startLyingServer(lie: Lie): Promise<LyingServer> {
  const server = createServer((request, response) => {
    const answer = (value: object) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    const path = (request.url ?? '').split('?')[0];
    // Discovery works: it is the answers about objects that lie.
    if (path === '/api') return answer({ kind: 'APIVersions', versions: ['v1'] });
    if (path === '/apis') return answer({ kind: 'APIGroupList', apiVersion: 'v1', groups: [] });
    if (path === '/api/v1') return answer(RESOURCES);
    if (lie === 'silence') return;
    if (lie === 'half') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"kind":"ConfigMap","metadata":{"na');
      response.socket?.end();
      return;
    }
    response.statusCode = lie;
    answer({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: REASONS[lie],
      message: `the lie ${lie}`,
      code: lie,
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'lying-server-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf((server.address() as AddressInfo).port));
  return {
    kubeconfig,
    close: async () => {
      await closed(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const RESOURCES = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [
    resource('configmaps', 'ConfigMap', true),
    resource('secrets', 'Secret', true),
    resource('namespaces', 'Namespace', false),
  ],
};

function resource(name: string, kind: string, namespaced: boolean) {
  return { name, kind, namespaced, singularName: '', verbs: ['get', 'list', 'patch', 'create'] };
}

function kubeconfigOf(port: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lying',
    clusters: [{ name: 'lying', cluster: { server: `http://127.0.0.1:${port}` } }],
    contexts: [{ name: 'lying', context: { cluster: 'lying', user: 'lying' } }],
    users: [{ name: 'lying', user: {} }],
  });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
