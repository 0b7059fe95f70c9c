import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject } from '../../../../scripts/kargo/step.ts';
import {
  LocalCluster,
  type LocalClusterOptions,
} from '../../../../scripts/rehearse/cluster/cluster.ts';
import type { ClusterEvent } from '../../../../scripts/rehearse/cluster/events.ts';
import type { Image } from '../../../../scripts/rehearse/cluster/images.ts';

export const REPOSITORY = 'registry.example.com/data/orderbooks';
export const NAMESPACE = 'orderbooks-canary';

/** Longest wait for a condition in these tests; reached only when something is wrong. */
const PATIENCE_MS = 20_000;

/**
 * The program of the fake image. Its first argument chooses what it does:
 * `serve` answers /healthz, /readyz (503 while the file `not-ready` is in --data) and /environment; `exit CODE`; `hang`; `write FILE`;
 * `leave` ends and leaves a process of its own behind.
 */
const PROGRAM = `
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
const [mode, ...rest] = process.argv.slice(2);
const data = rest.find((each) => each.startsWith('--data='))?.slice(7);
console.log(JSON.stringify({ mode, rest, pid: process.pid, environment: process.env }));
if (mode === 'exit') process.exit(Number(rest[0]));
if (mode === 'write') {
  writeFileSync(rest[0], 'written');
  console.log(readFileSync(rest[0], 'utf8'));
  process.exit(0);
}
if (mode === 'leave') {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  console.log(JSON.stringify({ child: child.pid }));
  child.unref();
}
if (mode === 'hang') {
  process.on('SIGTERM', () => console.log('ignoring SIGTERM'));
  setInterval(() => {}, 1000);
  console.log('hanging');
}
if (mode === 'serve') {
  const port = JSON.parse(process.env.ORDERBOOKS_CONFIG_OVERRIDES).http.port;
  const history = data === undefined ? undefined : data + '/history';
  const note = (word) => history && appendFileSync(history, word + ' ' + process.pid + '\\n');
  note('start');
  const server = createServer((request, response) => {
    if (request.url === '/crash') process.exit(3);
    const bad = request.url === '/readyz' && existsSync(data + '/not-ready');
    const dead = request.url === '/healthz' && existsSync(data + '/not-alive');
    response.writeHead(bad || dead ? 503 : 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(JSON.stringify({ url: request.url, method: request.method, pid: process.pid }));
  }).listen(port, '127.0.0.1');
  process.on('SIGTERM', () => {
    note('stop');
    server.close();
    server.closeAllConnections();
  });
}
`;

export interface Fixture {
  readonly cluster: LocalCluster;
  readonly folder: string;
  readonly image: Image;
  readonly events: ClusterEvent[];
  /** Builds another image of the same program; its digest differs by revision. */
  build(tag: string, revision: string): Promise<Image>;
  /** Resolves with the first event, past or future, that matches. */
  event<T extends ClusterEvent['type']>(
    type: T,
    matches?: (event: Extract<ClusterEvent, { type: T }>) => boolean,
  ): Promise<Extract<ClusterEvent, { type: T }>>;
  /** Resolves once the condition gives a value other than undefined or false; asked after every change. */
  until<T>(what: string, condition: () => T | undefined | false): Promise<T>;
  end(): Promise<void>;
}

export async function startFixture(options: Partial<LocalClusterOptions> = {}): Promise<Fixture> {
  const folder = await mkdtemp(join(tmpdir(), 'orderbooks-cluster-'));
  const source = join(folder, 'source');
  await mkdir(join(source, 'runtime'), { recursive: true });
  await mkdir(join(source, 'node_modules'));
  await writeFile(join(source, 'runtime', 'main.ts'), PROGRAM);
  await writeFile(join(source, 'package.json'), '{"type":"module"}');
  const cluster = await LocalCluster.start({
    folder: join(folder, 'cluster'),
    timing: { probeScale: 0.05, restartBackoffMs: 50 },
    ...options,
  });
  const events: ClusterEvent[] = [];
  cluster.on((event) => events.push(event));
  cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
  const build = (tag: string, revision: string): Promise<Image> =>
    cluster.images.add({ repository: REPOSITORY, tag, revision, sourceFolder: source });
  const until = <T>(what: string, condition: () => T | undefined | false): Promise<T> =>
    new Promise((resolve, reject) => {
      const unsubscribe = [cluster.store.on(check), cluster.on(check)];
      const timer = setTimeout(() => {
        finish();
        const seen = events.slice(-10).map((each) => JSON.stringify(each));
        reject(new Error(`never happened: ${what}; last events:\n${seen.join('\n')}`));
      }, PATIENCE_MS);
      function finish(): void {
        clearTimeout(timer);
        for (const each of unsubscribe) each();
      }
      function check(): void {
        const value = condition();
        if (value === undefined || value === false) return;
        finish();
        resolve(value);
      }
      check();
    });
  return {
    cluster,
    folder,
    image: await build('v1', 'a'.repeat(40)),
    events,
    build,
    until,
    event: (type, matches = () => true) =>
      until(`event ${type}`, () => {
        const found = events.find((each) => each.type === type && matches(each as never));
        return found as never;
      }),
    end: async () => {
      await cluster.stop({ graceSeconds: 1 });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const LABELS = {
  'app.kubernetes.io/name': 'orderbooks',
  'app.kubernetes.io/component': 'ws-recorder',
};

interface PodOptions {
  readonly args: readonly string[];
  readonly image: string;
  readonly container?: Readonly<Record<string, unknown>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

export function podSpec(options: PodOptions): Record<string, unknown> {
  return {
    automountServiceAccountToken: false,
    ...options.spec,
    containers: [
      { name: 'ws-recorder', image: options.image, args: options.args, ...options.container },
    ],
  };
}

export function deployment(options: PodOptions): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'orderbooks-ws-recorder', namespace: NAMESPACE, labels: LABELS },
    spec: {
      strategy: { type: 'Recreate' },
      selector: { matchLabels: LABELS },
      template: { metadata: { labels: LABELS }, spec: podSpec(options) },
    },
  };
}

/** A recorder-like Deployment: data volume, http port, probes. */
export function server(
  image: string,
  extra: Readonly<Record<string, unknown>> = {},
): KubernetesObject {
  return deployment({
    image,
    args: ['serve', '--data=/var/lib/orderbooks'],
    spec: {
      terminationGracePeriodSeconds: 10,
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orderbooks-data' } }],
      ...(extra['spec'] as object | undefined),
    },
    container: {
      ports: [{ name: 'http', containerPort: 8080 }],
      volumeMounts: [{ name: 'data', mountPath: '/var/lib/orderbooks' }],
      startupProbe: {
        httpGet: { path: '/healthz', port: 'http' },
        periodSeconds: 2,
        failureThreshold: 60,
      },
      readinessProbe: {
        httpGet: { path: '/readyz', port: 'http' },
        periodSeconds: 2,
        failureThreshold: 1,
      },
      livenessProbe: {
        httpGet: { path: '/healthz', port: 'http' },
        periodSeconds: 2,
        failureThreshold: 1,
      },
      ...(extra['container'] as object | undefined),
    },
  });
}

export const CLAIM: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'orderbooks-data', namespace: NAMESPACE },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

export function job(
  name: string,
  options: PodOptions,
  spec: Readonly<Record<string, unknown>> = {},
): KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      backoffLimit: 0,
      ...spec,
      template: {
        spec: podSpec({ ...options, spec: { restartPolicy: 'Never', ...options.spec } }),
      },
    },
  };
}
