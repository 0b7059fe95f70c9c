import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubernetesObject } from '../../kargo/step.ts';
import type { AccessUse } from './access-record.ts';
import { AnalysisController } from './analysis.ts';
import { ApiServer } from './api-server.ts';
import { type Applied, Applier, applyOrder } from './apply.ts';
import { ArgoCd } from './argocd.ts';
import { ClaimController } from './claims.ts';
import type { PodOverrides } from './container-command.ts';
import { DeploymentController } from './deployments.ts';
import type { ClusterEvent, ClusterEventBody } from './events.ts';
import { ADMIN, serviceAccountUser, Tokens } from './identities.ts';
import { ImageStore } from './images.ts';
import { JobController } from './jobs.ts';
import { knownKind } from './kinds.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { Kubelet } from './kubelet.ts';
import { KUBERNETES_TIMING, type Timing } from './kubelet-context.ts';
import { type LocalOverride, localOverrides } from './local-overrides.ts';
import { ProcessTable } from './processes.ts';
import { type ReadinessWait, whenReady } from './readiness.ts';
import { RenderedBranches } from './rendered-branch.ts';
import { parseSelector } from './selector.ts';
import { ObjectStore } from './store.ts';
import { VolumeManager } from './volumes.ts';

export interface LocalClusterOptions {
  /** Everything of the cluster lives here: images, volumes, logs, kubeconfigs. Made if absent, private to its owner. */
  readonly folder: string;
  /** Node 24; this process's own if absent. */
  readonly nodeBinary?: string;
  /** Environment of git processes, as in `World.gitEnvironment`. */
  readonly gitEnvironment?: Readonly<Record<string, string>>;
  /** What the rehearsal changes for a pod; asked at each start of its container. */
  readonly overrides?: (pod: KubernetesObject) => PodOverrides;
  /** Kubernetes' own times if absent. */
  readonly timing?: Partial<Timing>;
}

/** Long enough for archives to be closed, short enough for a person who pressed Ctrl-C. */
const STOP_GRACE_SECONDS = 10;

/** A small Kubernetes on this machine: API server, object store, controllers and a kubelet that starts real processes. */
export class LocalCluster {
  readonly folder: string;
  readonly images: ImageStore;
  /** What this cluster does otherwise than a real one, to be printed and to stand in the result. */
  readonly overrides: readonly LocalOverride[];
  readonly store: ObjectStore;
  readonly #tokens = new Tokens();
  readonly #processes: ProcessTable;
  readonly #volumes: VolumeManager;
  readonly #kubelet: Kubelet;
  readonly #listeners = new Set<(event: ClusterEvent) => void>();
  #api: ApiServer | undefined;
  readonly #applier: Applier;
  readonly #controllers: readonly { stop(): Promise<void> }[];
  #stopped: Promise<void> | undefined;

  private constructor(options: LocalClusterOptions, processes: ProcessTable) {
    this.folder = options.folder;
    this.#processes = processes;
    this.store = new ObjectStore();
    this.images = new ImageStore(join(options.folder, 'images'));
    this.#volumes = new VolumeManager(this.store, options.folder);
    const timing = { ...KUBERNETES_TIMING, ...options.timing };
    this.overrides = localOverrides(timing);
    const emit = (event: ClusterEventBody): void => this.#emit(event);
    this.#kubelet = new Kubelet({
      store: this.store,
      images: this.images,
      processes,
      volumes: this.#volumes,
      podsFolder: join(options.folder, 'pods'),
      logsFolder: join(options.folder, 'logs'),
      timing,
      emit,
      kubeconfig: (namespace, account) => this.kubeconfig(serviceAccountUser(namespace, account)),
      overrides: options.overrides ?? (() => ({})),
    });
    this.#applier = new Applier(this.store);
    const branches = new RenderedBranches(
      join(options.folder, 'repositories'),
      options.gitEnvironment ?? {},
    );
    this.#controllers = [
      new ClaimController(this.store, emit, this.#volumes),
      new DeploymentController(this.store, emit),
      new JobController(this.store, emit, timing),
      new AnalysisController(this.store, emit),
      new ArgoCd(this.store, emit, branches, this.#applier),
    ];
  }

  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    await mkdir(options.folder, { recursive: true });
    await chmod(options.folder, 0o700);
    const processes = await ProcessTable.start(options.nodeBinary ?? process.execPath);
    const cluster = new LocalCluster(options, processes);
    try {
      cluster.#api = await ApiServer.start({
        store: cluster.store,
        tokens: cluster.#tokens,
        pods: { store: cluster.store, kubelet: cluster.#kubelet },
        emit: (event) => cluster.#emit(event),
      });
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }]);
    return cluster;
  }

  /** Address of the API server, `http://127.0.0.1:PORT`. */
  get address(): string {
    return this.#api?.address ?? '';
  }

  on(listener: (event: ClusterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Creates or replaces objects, as `kubectl apply` would with what they say. Throws ApiError for the first that is refused. */
  apply(objects: readonly KubernetesObject[]): readonly Applied[] {
    const results = new Map<KubernetesObject, Applied>();
    for (const object of applyOrder(objects)) results.set(object, this.#applier.apply(object));
    return objects.map((object) => results.get(object) ?? 'unchanged');
  }

  get(
    apiVersion: string,
    kind: string,
    namespace: string,
    name: string,
  ): KubernetesObject | undefined {
    return this.store.get(knownKind(apiVersion, kind), namespace, name);
  }

  list(
    apiVersion: string,
    kind: string,
    namespace?: string,
    labelSelector = '',
  ): readonly KubernetesObject[] {
    return this.store.list(knownKind(apiVersion, kind), namespace, parseSelector(labelSelector));
  }

  /** Replaces an object whole; with `metadata.resourceVersion` it must be the current one. */
  replace(object: KubernetesObject): KubernetesObject {
    return this.store.update(object);
  }

  /** As `kubectl delete` does: a pod ends within its grace period, what the object owns goes too. */
  delete(apiVersion: string, kind: string, namespace: string, name: string): void {
    this.store.delete(knownKind(apiVersion, kind), namespace, name);
  }

  /** Resolves once a Deployment has rolled out; rejects with what its pods wait for. */
  whenReady(wait: ReadinessWait): Promise<void> {
    return whenReady(this.store, wait);
  }

  /** Folder on this machine of a PersistentVolumeClaim. */
  claimFolder(namespace: string, claim: string): string {
    return this.#volumes.claimFolder(namespace, claim);
  }

  /** Writes a kubeconfig and returns its path; the rehearsal's own user, who may do everything, if none is named. */
  kubeconfig(user: string = ADMIN): Promise<string> {
    return writeKubeconfig(join(this.folder, 'kubeconfigs'), this.address, this.#tokens, user);
  }

  /** What was asked of the API server, by whom, and whether it was allowed. */
  accessUses(): readonly AccessUse[] {
    return this.#api?.record.uses() ?? [];
  }

  /**
   * Ends every process (SIGTERM, and SIGKILL after `graceSeconds`), frees every port and, if wanted, removes the folder. A second call
   * waits for the first.
   */
  stop(
    options: { readonly removeFolder?: boolean; readonly graceSeconds?: number } = {},
  ): Promise<void> {
    this.#stopped ??= this.#stop(options.graceSeconds ?? STOP_GRACE_SECONDS);
    if (options.removeFolder !== true) return this.#stopped;
    return this.#stopped.then(() => rm(this.folder, { recursive: true, force: true }));
  }

  async #stop(graceSeconds: number): Promise<void> {
    await Promise.all(this.#controllers.map((controller) => controller.stop()));
    await this.#kubelet.stop(graceSeconds);
    await this.#api?.stop();
    await this.#processes.stop();
  }

  #emit(event: ClusterEventBody): void {
    const timed = { ...event, at: new Date() } as ClusterEvent;
    for (const listener of [...this.#listeners]) listener(timed);
  }
}
