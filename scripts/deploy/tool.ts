import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { runProgram } from '../cluster/program.ts';

/** The clusters for one machine that a trial runs on. */
export const TOOLS = ['k3d', 'kind', 'k3s'] as const;
export type Tool = (typeof TOOLS)[number];
/** Those that make and remove clusters; k3s is a service of its machine. */
export type ClusterTool = Exclude<Tool, 'k3s'>;

/** Name of the trial's cluster: only one of this name is ever removed by `npm run cleanup:local`. */
const TRIAL = 'orderbooks';

/** Making a cluster pulls some hundred megabytes the first time, then the tools wait for the node up to READY_TIMEOUT. */
const CREATE_TIMEOUT_MS = 600_000;
const READY_TIMEOUT = '240s';
/** Stopping a node and removing its volume of a gigabyte or two: 120 s were seen not to be enough under load. */
const DELETE_TIMEOUT_MS = 300_000;
const ASK_TIMEOUT_MS = 60_000;
/** The base image, npm and Debian packages through a slow line: 528 s were seen on two cores with a load of 70. */
const IMAGE_TIMEOUT_MS = 1_800_000;

const node = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ nodeInfo: z.object({ kubeletVersion: z.string() }) }),
});

export interface Machine {
  readonly signal: AbortSignal;
  readonly environment?: NodeJS.ProcessEnv;
}

/** What made the cluster of this context: by its name, else by its nodes. */
export async function detectTool(kubectl: Kubectl): Promise<Tool> {
  const named = kubectl.options.context ?? (await currentContext(kubectl));
  if (named.startsWith('k3d-')) return 'k3d';
  if (named.startsWith('kind-')) return 'kind';
  const nodes = await kubectl.list('nodes', null, node);
  if (nodes.some(({ status }) => status.nodeInfo.kubeletVersion.includes('+k3s'))) return 'k3s';
  throw new ClusterError(
    'TOOL_UNKNOWN',
    `expected a cluster of ${TOOLS.join(', ')}, seen context ${named} with nodes ${nodes.map(({ status }) => status.nodeInfo.kubeletVersion).join(', ')}; say which with --tool, or name with --image an image that the cluster can pull itself`,
  );
}

/** Context of the kubeconfig for the cluster that `createCluster` makes. */
export function contextOf(tool: ClusterTool, name = TRIAL): string {
  return `${tool}-${name}`;
}

export async function clusterExists(
  tool: ClusterTool,
  machine: Machine,
  name = TRIAL,
): Promise<boolean> {
  const words = tool === 'k3d' ? ['cluster', 'list', '--output=json'] : ['get', 'clusters'];
  const text = await runTool(tool, words, machine, ASK_TIMEOUT_MS);
  if (tool === 'kind') return text.split('\n').includes(name);
  try {
    const list = z.array(z.object({ name: z.string() })).parse(JSON.parse(text));
    return list.some((one) => one.name === name);
  } catch (cause) {
    throw new ClusterError('BROKEN_ANSWER', `k3d cluster list: expected JSON; run it by hand`, {
      cause,
    });
  }
}

export interface NewCluster {
  readonly name?: string;
  /** Absent: the one that the tool's own version stands for. */
  readonly nodeImage?: string | undefined;
  /** More options of the tool. */
  readonly words?: readonly string[];
}

/**
 * Makes a cluster that is not there yet. What an interrupted or failed creation has made of it is removed: the tools themselves
 * leave nodes behind when they are ended, and those look like a cluster the next time.
 *
 * @throws ClusterError PROGRAM_FAILED, or the signal's own reason
 */
export async function createCluster(
  tool: ClusterTool,
  machine: Machine,
  { name = TRIAL, nodeImage, words = [] }: NewCluster = {},
): Promise<void> {
  const image = nodeImage === undefined ? [] : [`--image=${nodeImage}`];
  const own =
    tool === 'k3d'
      ? ['cluster', 'create', name, '--wait', `--timeout=${READY_TIMEOUT}`]
      : ['create', 'cluster', `--name=${name}`, `--wait=${READY_TIMEOUT}`];
  try {
    await runTool(tool, [...own, ...image, ...words], machine, CREATE_TIMEOUT_MS);
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    // The signal may be what ended it.
    const removal = deleteCluster(
      tool,
      { ...machine, signal: AbortSignal.timeout(DELETE_TIMEOUT_MS) },
      name,
    );
    const rest = await removal.then(
      () => 'what was made of it is removed',
      (cause: unknown) => `what was made of it may still be there: ${String(cause)}`,
    );
    throw new ClusterError(error.code, `${error.message}; ${rest}`, { cause: error });
  }
}

/** One that is not there is no error: neither tool minds. */
export async function deleteCluster(
  tool: ClusterTool,
  machine: Machine,
  name = TRIAL,
): Promise<void> {
  const words =
    tool === 'k3d' ? ['cluster', 'delete', name] : ['delete', 'cluster', `--name=${name}`];
  await runTool(tool, words, machine, DELETE_TIMEOUT_MS);
}

/**
 * Builds the image of a checkout with Docker and tags it with what it holds, such as `orderbooks:local-0a1b2c3d4e5f`, which is
 * returned: under a tag that stays the same, pods that run would go on with what they were started with.
 *
 * @param image to which the tag's end is added
 * @param values `NAME=VALUE`, for the Dockerfile's arguments
 */
export async function buildImage(
  root: string,
  image: string,
  values: readonly string[],
  machine: Machine,
): Promise<string> {
  const words = values.map((value) => `--build-arg=${value}`);
  const all = ['build', '--quiet', ...words, root];
  const said = await runTool('docker', all, machine, IMAGE_TIMEOUT_MS);
  const digest = /sha256:([0-9a-f]{64})\s*$/.exec(said)?.[1];
  if (digest === undefined) {
    throw new ClusterError(
      'BROKEN_ANSWER',
      `docker build --quiet: expected the id of an image, seen ${said.trim() || 'nothing'}; build it by hand and name it with --image`,
    );
  }
  const tagged = `${image}-${digest.slice(0, 12)}`;
  await runTool('docker', ['tag', `sha256:${digest}`, tagged], machine, ASK_TIMEOUT_MS);
  return tagged;
}

/** Brings an image of this machine's Docker to the nodes. @param context that of the cluster, which names it */
export async function loadImage(
  tool: Tool,
  image: string,
  context: string,
  folder: string,
  machine: Machine,
): Promise<void> {
  const cluster = context.replace(/^(k3d|kind)-/, '');
  if (tool === 'k3d') {
    await runTool(
      'k3d',
      ['image', 'import', image, `--cluster=${cluster}`],
      machine,
      IMAGE_TIMEOUT_MS,
    );
  } else if (tool === 'kind') {
    const words = ['load', 'docker-image', image, `--name=${cluster}`];
    await runTool('kind', words, machine, IMAGE_TIMEOUT_MS);
  } else {
    const file = `${folder}/image.tar`;
    await runTool('docker', ['save', `--output=${file}`, image], machine, IMAGE_TIMEOUT_MS);
    await runTool('k3s', ['ctr', 'images', 'import', file], machine, IMAGE_TIMEOUT_MS);
  }
}

export async function currentContext(kubectl: Kubectl): Promise<string> {
  return (await kubectl.run(['config', 'current-context'])).trim();
}

const ADVICE: Readonly<Record<string, string>> = {
  docker: 'Docker is at https://docs.docker.com/engine/install',
  k3d: 'k3d is at https://k3d.io; it needs a running Docker',
  kind: 'kind is at https://kind.sigs.k8s.io; it needs a running Docker',
  k3s: 'k3s ctr needs root on the node: run there, or name with --image an image that the node can pull',
};
/** What a person can do about words of these programs; the first match counts. */
const SYMPTOMS: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [
    /cannot connect to the docker daemon|permission denied.*docker/i,
    'Docker must be running, and you be allowed to use it: docker info says why not',
  ],
  [
    /no space left/i,
    'make room where Docker keeps its data: docker system df shows what takes it, docker system prune removes what nothing uses',
  ],
  [
    /port is already allocated|address already in use/i,
    'end what holds the port, or remove the container that does: docker ps',
  ],
  [
    /pull access denied|manifest unknown|failed to pull|i\/o timeout|no such host|toomanyrequests|https:\/\/[^ ]+\/v2\//i,
    'the registry cannot be reached or refuses; take images of a mirror: --node-image for the node, --build-arg NODE_IMAGE=… for the base of ours',
  ],
];
const LAST_LINES = 8;
/** kubeadm writes whole configurations and command lines of containers on one line. */
const MOST_CHARACTERS = 400;
const TELLING =
  /\berror\b|failed|cannot|could not|unable|denied|refused|timed? ?out|deadline|no space|already|not found|unknown|invalid/i;

/** Runs one of these programs to its end. @throws ClusterError PROGRAM_MISSING, PROGRAM_FAILED with what it said of it */
export async function runTool(
  program: string,
  words: readonly string[],
  machine: Machine,
  timeoutMs: number,
): Promise<string> {
  const answer = await runProgram(program, words, { ...machine, timeoutMs }).catch(
    (error: unknown): never => {
      if (!(error instanceof ClusterError) || error.code !== 'PROGRAM_MISSING') throw error;
      throw new ClusterError(error.code, `${error.message}; ${adviceOn(program, '')}`, {
        cause: error,
      });
    },
  );
  if (answer.code === 0) return answer.out;
  const said = answer.error.trim() || answer.out.trim() || `exit code ${answer.code}`;
  throw new ClusterError(
    'PROGRAM_FAILED',
    `${program} ${words.join(' ')}: ${essenceOf(said)}; ${adviceOn(program, said)}`,
  );
}

/** The last lines that speak of an error, or the last ones: kind and kubeadm end theirs with the calls of a stack. */
function essenceOf(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('\t'));
  const telling = lines.filter((line) => TELLING.test(line));
  return (telling.length > 0 ? telling : lines)
    .slice(-LAST_LINES)
    .map((line) => line.slice(0, MOST_CHARACTERS))
    .join('\n');
}

function adviceOn(program: string, said: string): string {
  const known = SYMPTOMS.find(([pattern]) => pattern.test(said))?.[1];
  return known ?? ADVICE[program] ?? 'see its own pages';
}
