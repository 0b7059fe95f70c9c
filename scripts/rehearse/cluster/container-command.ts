import { isAbsolute, join } from 'node:path';
import { expand } from './container-environment.ts';
import { fields, mergePatch } from './fields.ts';
import { COMPILED, type Image } from './images.ts';
import { Obstacle } from './pod-fields.ts';
import type { ContainerSpec } from './pod-spec.ts';
import { type Mount, rewriteMounts } from './volumes.ts';

/** What the rehearsal changes for a pod because a laptop cannot give what the manifest says. */
export interface PodOverrides {
  /**
   * Merged deeply into `ORDERBOOKS_CONFIG_OVERRIDES`. An absolute path in it stands for something outside the pod, such as a mounted
   * share, and the container may write there.
   */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Merged deeply into `ORDERBOOKS_POLICY_OVERRIDES`. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** Set as they are, after everything else. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandRequest {
  readonly image: Image;
  readonly container: ContainerSpec;
  /** From the manifest: `containerEnvironment`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** The pod's own folder on this machine. */
  readonly podFolder: string;
  /** Ports on this machine by container port. */
  readonly ports: ReadonlyMap<number, number>;
  /** Kubeconfig file in place of the token that a cluster mounts; null where the pod gets none. */
  readonly kubeconfig: string | null;
  readonly overrides: PodOverrides;
}

export interface Command {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** Folder of the image inside the container (Dockerfile), and the entrypoint there. */
const IMAGE_FOLDER = '/app';
const ENTRYPOINT = 'runtime/main.ts';

/**
 * The Node process that stands for a container. The environment holds what image, manifest and overrides say and, of this machine's
 * own, only PATH (for git and rclone). Throws an Obstacle for a command that is not the image's Node.
 */
export function containerCommand(request: CommandRequest): Command {
  const { image, container, mounts, podFolder } = request;
  const imageMount = { mountPath: IMAGE_FOLDER, path: image.folder, readOnly: true };
  const rewrite = (value: string): string => rewriteMounts(value, [...mounts, imageMount]);
  const temporary = mounts.find((mount) => mount.mountPath === '/tmp')?.path;
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(podFolder, 'home'),
    TMPDIR: temporary ?? join(podFolder, 'tmp'),
    ...image.environment,
    ...rewritten(request.environment, rewrite),
    ...(request.kubeconfig === null ? {} : { KUBECONFIG: request.kubeconfig }),
  };
  const [program = join(IMAGE_FOLDER, ENTRYPOINT), ...own] = programOf(container);
  const values = [program, ...own, ...container.args];
  return {
    arguments: [
      ...permissionFlags(request),
      ...values.map((value) => rewrite(expand(value, request.environment))),
    ],
    environment: { ...environment, ...overrideEnvironment(request, environment) },
    folder: workingFolder(container, image, rewrite),
  };
}

/** `command` without `node`, which is this rehearsal's own. */
function programOf(container: ContainerSpec): readonly string[] {
  const [first, ...rest] = container.command ?? ['node'];
  if (first === 'node' || first?.endsWith('/node') === true) return rest;
  throw new Obstacle(
    'CreateContainerError',
    `command ${JSON.stringify(container.command)}: the kubelet of the rehearsal starts only the image's node`,
  );
}

function workingFolder(
  container: ContainerSpec,
  image: Image,
  rewrite: (value: string) => string,
): string {
  if (container.workingDir === undefined) return image.folder;
  const folder = rewrite(container.workingDir);
  if (isAbsolute(folder) && folder !== container.workingDir) return folder;
  throw new Obstacle(
    'CreateContainerError',
    `workingDir ${container.workingDir}: it is neither in ${IMAGE_FOLDER} nor in a mount`,
  );
}

/**
 * Node's permission model in place of read-only mounts and a read-only root: the process may write where a writable mount is (and into
 * its temporary folder unless the root is read-only), whoever owns the files. Other programs that it starts are not bound by it.
 */
function permissionFlags(request: CommandRequest): readonly string[] {
  const { container, mounts, podFolder } = request;
  const compiled = request.image.environment[COMPILED];
  const folders = [
    ...(compiled === undefined ? [] : [compiled]),
    ...mounts.filter((mount) => !mount.readOnly).map((mount) => mount.path),
    ...absolutePaths(request.overrides.configuration),
  ];
  const writable = container.securityContext.readOnlyRootFilesystem
    ? folders
    : [...folders, join(podFolder, 'tmp'), join(podFolder, 'home')];
  return [
    '--permission',
    // Node says on standard error that these flags weaken the model; that is no line of the container's own.
    '--disable-warning=SecurityWarning',
    '--allow-fs-read=*',
    ...writable.flatMap((folder) => [
      `--allow-fs-write=${folder}`,
      `--allow-fs-write=${join(folder, '*')}`,
    ]),
    '--allow-child-process',
    '--allow-worker',
    '--allow-addons',
  ];
}

function absolutePaths(value: unknown): readonly string[] {
  if (typeof value === 'string') return isAbsolute(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(absolutePaths);
}

function overrideEnvironment(
  request: CommandRequest,
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const http = request.container.ports.find((port) => port.name === 'http');
  const port = http === undefined ? undefined : request.ports.get(http.containerPort);
  const { overrides } = request;
  return {
    ...merged('ORDERBOOKS_CONFIG_OVERRIDES', environment, [
      ...(port === undefined ? [] : [{ http: { port } }]),
      overrides.configuration ?? {},
    ]),
    ...merged('ORDERBOOKS_POLICY_OVERRIDES', environment, [overrides.policy ?? {}]),
    ...overrides.environment,
  };
}

function merged(
  name: string,
  environment: Readonly<Record<string, string>>,
  layers: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, string>> {
  const base = fields(JSON.parse(environment[name] ?? '{}'));
  const result = layers.reduce<unknown>((below, layer) => mergePatch(below, layer), base);
  return Object.keys(fields(result)).length === 0 ? {} : { [name]: JSON.stringify(result) };
}

function rewritten(
  environment: Readonly<Record<string, string>>,
  rewrite: (value: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, rewrite(value)]),
  );
}
