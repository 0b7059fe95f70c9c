import { spawn } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import {
  type ClusterTool,
  createCluster,
  deleteCluster,
  type Machine,
  runTool,
} from '../deploy/tool.ts';
import { checkoutPlace, git } from '../git.ts';
import { freePort } from '../rehearse/cluster/ports.ts';
import { serveGit } from './git-server.ts';

export const CLUSTER = 'orderbooks-smoke';
/** Ends in `.local`, which Kargo's registry client asks without TLS; containers and pods find it by Docker's DNS. */
export const REGISTRY_HOST = 'registry.local';
const REGISTRY_PORT = 5000;
export const REGISTRY = `${REGISTRY_HOST}:${REGISTRY_PORT}`;
const REGISTRY_IMAGE = 'docker.io/library/registry:3.0.0';

const ASK_TIMEOUT_MS = 60_000;
const REGISTRY_TIMEOUT_MS = 120_000;
const LISTENING_TIMEOUT_MS = 20_000;
const LOOK_EVERY_MS = 200;

export interface Services {
  /** As pods and this machine reach it. */
  readonly gitUrl: string;
  readonly rcloneConf: string;
  readonly remotePort: number;
  stop(): Promise<void>;
}

/** @throws ClusterError NAME_UNKNOWN unless this machine finds the registry on loopback, where Docker needs no TLS */
export async function requireRegistryName(): Promise<void> {
  const found = await lookup(REGISTRY_HOST).catch(() => null);
  if (found?.address.startsWith('127.') === true) return;
  throw new ClusterError(
    'NAME_UNKNOWN',
    `expected ${REGISTRY_HOST} to be this machine, seen ${found?.address ?? 'no such name'}; add it: echo "127.0.0.1 ${REGISTRY_HOST}" | sudo tee -a /etc/hosts`,
  );
}

/** A cluster whose nodes pull from the registry. @param nodeImage absent: the tool's own */
export async function makeCluster(
  tool: ClusterTool,
  folder: string,
  machine: Machine,
  nodeImage?: string,
): Promise<void> {
  if (tool === 'k3d') {
    const file = join(folder, 'registries.yaml');
    const mirrors = { [REGISTRY]: { endpoint: [`http://${REGISTRY}`] } };
    await writeFile(file, JSON.stringify({ mirrors }));
    const words = [`--registry-config=${file}`];
    await createCluster('k3d', machine, { name: CLUSTER, nodeImage, words });
    return;
  }
  await createCluster('kind', machine, { name: CLUSTER, nodeImage });
  const nodes = await runTool(
    'kind',
    ['get', 'nodes', `--name=${CLUSTER}`],
    machine,
    ASK_TIMEOUT_MS,
  );
  const place = `/etc/containerd/certs.d/${REGISTRY}`;
  const script = `mkdir -p ${place} && printf '[host."http://${REGISTRY}"]\\n' > ${place}/hosts.toml`;
  for (const node of nodes.split('\n').filter((name) => name !== '')) {
    await runTool('docker', ['exec', node, 'sh', '-c', script], machine, ASK_TIMEOUT_MS);
  }
}

/** The registry, on the cluster's network and on this machine's loopback. */
export async function startRegistry(tool: ClusterTool, machine: Machine): Promise<void> {
  const words = [
    'run',
    '--detach',
    `--name=${REGISTRY_HOST}`,
    `--network=${networkOf(tool)}`,
    `--publish=127.0.0.1:${REGISTRY_PORT}:5000`,
    REGISTRY_IMAGE,
  ];
  await runTool('docker', words, machine, REGISTRY_TIMEOUT_MS);
}

/** A git server and a remote for the uploaders, on the address by which pods reach this machine. */
export async function startServices(
  tool: ClusterTool,
  folder: string,
  machine: Machine,
): Promise<Services> {
  const host = await gatewayOf(tool, machine);
  const repositories = join(folder, 'git');
  const remote = join(folder, 'remote');
  await Promise.all([repositories, remote].map((one) => mkdir(one, { recursive: true })));
  const words = ['init', '--quiet', '--bare', '--initial-branch=main', 'orderbooks.git'];
  await git(checkoutPlace(repositories, machine.signal), ...words);
  const server = await serveGit(repositories, host);
  const remotePort = await freePort(host);
  const webdav = spawn('rclone', ['serve', 'webdav', remote, `--addr=${host}:${remotePort}`], {
    stdio: 'ignore',
    env: machine.environment ?? process.env,
  });
  const failed = new Promise<string>((tell) => {
    webdav.once('error', ({ message }) => tell(message));
    webdav.once('exit', (code) => tell(`exit code ${code}`));
  });
  const stop = async () => {
    webdav.kill();
    await server.close();
  };
  const problem = await Promise.race([failed, listening(host, remotePort, machine.signal)]);
  if (problem !== null) {
    await stop();
    throw new ClusterError(
      'PROGRAM_FAILED',
      `rclone serve webdav: ${problem}; is rclone installed?`,
    );
  }
  const rcloneConf = join(folder, 'rclone.conf');
  const section = `[archive]\ntype = webdav\nurl = http://${host}:${remotePort}\nvendor = other\n`;
  await writeFile(rcloneConf, section);
  return { gitUrl: `http://${host}:${server.port}/orderbooks.git`, rcloneConf, remotePort, stop };
}

/** Removes what `makeCluster` and `startRegistry` made; what is not there is no error. */
export async function removeAll(tool: ClusterTool, machine: Machine): Promise<void> {
  const words = ['rm', '--force', '--volumes', REGISTRY_HOST];
  try {
    await runTool('docker', words, machine, ASK_TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof ClusterError) || !/no such container/i.test(error.message)) throw error;
  }
  await deleteCluster(tool, machine, CLUSTER);
}

const networks = z
  .array(
    z.object({ IPAM: z.object({ Config: z.array(z.object({ Gateway: z.string() }).partial()) }) }),
  )
  .min(1);

async function gatewayOf(tool: ClusterTool, machine: Machine): Promise<string> {
  const words = ['network', 'inspect', networkOf(tool)];
  const text = await runTool('docker', words, machine, ASK_TIMEOUT_MS);
  const result = networks.safeParse(JSON.parse(text));
  const gateways = (result.data ?? []).flatMap(({ IPAM }) =>
    IPAM.Config.flatMap(({ Gateway }) => Gateway ?? []),
  );
  const found = gateways.find((one) => one.includes('.'));
  if (found !== undefined) return found;
  throw new ClusterError(
    'NO_GATEWAY',
    `docker ${words.join(' ')}: expected an IPv4 gateway, seen ${gateways.join(', ') || 'none'}`,
  );
}

function networkOf(tool: ClusterTool): string {
  return tool === 'kind' ? 'kind' : `k3d-${CLUSTER}`;
}

/** Null once somebody listens; otherwise why not. */
async function listening(host: string, port: number, signal: AbortSignal): Promise<string | null> {
  const deadline = Date.now() + LISTENING_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(port, host);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (there) return null;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
  return `nobody listens on ${host}:${port} after ${LISTENING_TIMEOUT_MS / 1000} s`;
}
