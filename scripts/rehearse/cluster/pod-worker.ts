import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubernetesObject } from '../../kargo/step.ts';
import { containerCommand } from './container-command.ts';
import { containerEnvironment } from './container-environment.ts';
import { probeContainer } from './container-probes.ts';
import type { ClusterEventBody, PodEventBody } from './events.ts';
import { at, fields, list, text } from './fields.ts';
import type { Image } from './images.ts';
import { POD } from './kinds.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { namespaceOf } from './object-identity.ts';
import { NODE_NAME, Obstacle } from './pod-fields.ts';
import { type ContainerSpec, type PodSpec, parsePodSpec, UnsupportedPodError } from './pod-spec.ts';
import { type PodView, podStatus } from './pod-status.ts';
import { freePort } from './ports.ts';
import { pause } from './probes.ts';
import type { Exit, RunningProcess } from './processes.ts';
import { restartDelay } from './restart-delay.ts';
import { requireSchedulable } from './scheduling.ts';

interface Start {
  readonly process: RunningProcess;
  readonly spec: PodSpec;
  readonly container: ContainerSpec;
  readonly startedAt: string;
  readonly probes: AbortController;
}

/** The life of one pod: waits for what it needs, runs its container, probes and restarts it, ends it in time. */
export class PodWorker {
  readonly #context: KubeletContext;
  readonly #pod: KubernetesObject;
  readonly #folder: string;
  readonly #ports = new Map<number, number>();
  readonly #deletion = new AbortController();
  #view: PodView;
  #process: RunningProcess | undefined;
  #hardKill: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};
  #lastWaiting = '';

  constructor(context: KubeletContext, pod: KubernetesObject) {
    this.#context = context;
    this.#pod = pod;
    this.#folder = join(context.podsFolder, String(pod.metadata['uid']));
    const container = fields(list(at(pod, 'spec', 'containers'))[0]);
    this.#view = {
      phase: 'Pending',
      unschedulable: null,
      container: text(container['name']) ?? '',
      image: text(container['image']) ?? '',
      imageId: '',
      containerId: '',
      started: false,
      ready: false,
      restarts: 0,
      state: { waiting: { reason: 'ContainerCreating' } },
      lastState: {},
      startTime: null,
    };
  }

  /** Port on this machine that stands for a port of the container. */
  hostPort(containerPort: number): number | undefined {
    return this.#ports.get(containerPort);
  }

  /** Log of the running container, or of the one before it; undefined if it never started. */
  logFile(previous: boolean): string | undefined {
    const run = this.#view.restarts - (previous ? 1 : 0);
    return run < 0 || this.#view.imageId === '' ? undefined : this.#logPath(run);
  }

  waitingReason(): string | undefined {
    return text(at(this.#view.state, 'waiting', 'reason'));
  }

  /** Something changed in the cluster that the pod may be waiting for. */
  wake(): void {
    this.#wake();
  }

  /** SIGTERM, and SIGKILL after the grace period. A second call may shorten the first one's grace. */
  delete(graceSeconds: number): void {
    this.#deletion.abort();
    this.#wake();
    this.#terminate(graceSeconds);
  }

  /** Resolves once the pod has ended for good: finished, or deleted and removed. */
  async run(): Promise<void> {
    const { signal } = this.#deletion;
    while (!signal.aborted) {
      const start = await this.#start();
      if (start === undefined) break;
      const exit = await this.#supervise(start);
      const restart = this.#record(start, exit);
      if (signal.aborted || !restart) break;
      await this.#backOff(start);
    }
    if (!signal.aborted) return;
    await this.#remove();
  }

  /** The object is gone: nothing of the pod may go on, and its folder goes (its log stays). */
  async forget(): Promise<void> {
    this.delete(0);
    this.#emit({ type: 'pod-deleted' });
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Waits until the container can be started, and starts it; undefined if the pod is deleted first. */
  async #start(): Promise<Start | undefined> {
    const { signal } = this.#deletion;
    while (!signal.aborted) {
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      try {
        return await this.#tryStart();
      } catch (error) {
        if (!(error instanceof Obstacle || error instanceof UnsupportedPodError)) throw error;
        this.#wait(error);
      }
      await changed;
    }
    return undefined;
  }

  async #tryStart(): Promise<Start | undefined> {
    const { store, images, volumes, processes } = this.#context;
    const pod = this.#pod;
    const spec = parsePodSpec(pod);
    const [container] = spec.containers;
    if (this.#view.startTime === null) {
      requireSchedulable(store, pod, spec);
      this.#place();
    }
    const resolution = images.resolve(container.image);
    if ('problem' in resolution) throw new Obstacle(resolution.problem, resolution.message);
    for (const folder of ['home', 'tmp']) {
      await mkdir(join(this.#folder, folder), { recursive: true });
    }
    const mounts = await volumes.mount(pod, spec, container, this.#folder);
    for (const { containerPort } of container.ports) {
      if (!this.#ports.has(containerPort)) this.#ports.set(containerPort, await freePort());
    }
    const command = containerCommand({
      image: resolution.image,
      container,
      environment: containerEnvironment(store, pod, container),
      mounts,
      podFolder: this.#folder,
      ports: this.#ports,
      kubeconfig: await this.#kubeconfig(spec),
      overrides: this.#context.overrides(pod),
    });
    const logFile = this.#logPath(this.#view.restarts);
    await mkdir(join(logFile, '..'), { recursive: true });
    if (this.#deletion.signal.aborted) return undefined;
    const process = processes.run({
      ...command,
      logFile,
      onLine: (line) => this.#emit({ type: 'pod-log', line }),
    });
    this.#process = process;
    return this.#started(resolution.image, process, spec, container, logFile);
  }

  #started(
    image: Image,
    process: RunningProcess,
    spec: PodSpec,
    container: ContainerSpec,
    logFile: string,
  ): Start {
    const startedAt = this.#context.store.timestamp();
    const started = container.startupProbe === undefined;
    this.#lastWaiting = '';
    this.#publish({
      phase: 'Running',
      imageId: `${image.repository}@${image.digest}`,
      containerId: `process://${randomUUID()}`,
      started,
      ready: started && container.readinessProbe === undefined,
      state: { running: { startedAt } },
    });
    this.#emit({
      type: 'pod-started',
      imageDigest: image.digest,
      pid: process.pid,
      addresses: Object.fromEntries(
        container.ports.map(({ name, containerPort }) => [
          name ?? String(containerPort),
          `http://127.0.0.1:${this.#ports.get(containerPort)}`,
        ]),
      ),
      restarts: this.#view.restarts,
      logFile,
    });
    if (this.#view.ready) this.#emit({ type: 'pod-ready' });
    return { process, spec, container, startedAt, probes: new AbortController() };
  }

  async #supervise(start: Start): Promise<Exit> {
    const probing = this.#probe(start);
    const exit = await start.process.exited;
    this.#process = undefined;
    clearTimeout(this.#hardKill);
    start.probes.abort();
    await probing;
    return exit;
  }

  #probe({ container, spec, probes }: Start): Promise<void> {
    return probeContainer({
      container,
      hostPort: (port) => this.#ports.get(port),
      scale: this.#context.timing.probeScale,
      exited: probes.signal,
      deleted: this.#deletion.signal,
      onStarted: () => {
        this.#publish({ started: true, ready: container.readinessProbe === undefined });
        if (this.#view.ready) this.#emit({ type: 'pod-ready' });
      },
      onUnhealthy: (message) => {
        const why = `Container ${container.name} failed ${message}, will be restarted`;
        this.#emit({ type: 'pod-killing', message: why });
        this.#terminate(spec.terminationGracePeriodSeconds);
      },
      onReadiness: (ready, message) => {
        const before = this.#view.ready;
        this.#publish({ ready });
        if (ready) this.#emit({ type: 'pod-ready' });
        else if (before) this.#emit({ type: 'pod-not-ready', message });
      },
    });
  }

  /** Writes down how the container ended; true if the restart policy wants it started again. */
  #record(start: Start, exit: Exit): boolean {
    const { exitCode, signal, startProblem } = exit;
    const reason = startProblem !== null ? 'StartError' : exitCode === 0 ? 'Completed' : 'Error';
    const message = startProblem ?? (signal === null ? '' : `ended by ${signal}`);
    const terminated = {
      exitCode,
      reason,
      ...(message === '' ? {} : { message }),
      startedAt: start.startedAt,
      finishedAt: this.#context.store.timestamp(),
      containerID: this.#view.containerId,
    };
    const policy = start.spec.restartPolicy;
    const deleted = this.#deletion.signal.aborted;
    const restart = !deleted && (policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0));
    this.#emit({ type: 'pod-exited', exitCode, signal, reason, message });
    this.#publish({
      ready: false,
      started: false,
      state: { terminated },
      ...(restart ? {} : { phase: exitCode === 0 ? 'Succeeded' : 'Failed' }),
    });
    return restart;
  }

  async #backOff(start: Start): Promise<void> {
    const { restartBackoffMs } = this.#context.timing;
    const wait = restartDelay(restartBackoffMs, this.#view.restarts, start.startedAt);
    const lastState = this.#view.state;
    const { name, namespace } = this.#pod.metadata;
    const message = `back-off ${wait / 1000}s restarting failed container=${this.#view.container} pod=${name}_${namespace}`;
    if (wait > 0) this.#wait(new Obstacle('CrashLoopBackOff', message));
    await pause(wait, this.#deletion.signal);
    this.#publish({ restarts: this.#view.restarts + 1, lastState });
  }

  #wait(error: Obstacle | UnsupportedPodError): void {
    let reason = error instanceof Obstacle ? error.reason : 'CreateContainerError';
    const seen = `${reason} ${error.message}`;
    if (reason === 'ErrImagePull' && this.#lastWaiting === seen) {
      this.#publish({ state: { waiting: { reason: 'ImagePullBackOff', message: error.message } } });
      return;
    }
    if (this.#lastWaiting === seen) return;
    this.#lastWaiting = seen;
    if (reason === 'Unschedulable') this.#publish({ unschedulable: error.message });
    else this.#publish({ state: { waiting: { reason, message: error.message } } });
    if (this.#deletion.signal.aborted) reason = 'Terminating';
    this.#emit({ type: 'pod-waiting', reason, message: error.message });
  }

  #place(): void {
    const { store } = this.#context;
    const current = store.get(POD, namespaceOf(this.#pod), this.#pod.metadata.name);
    if (current === undefined) return;
    store.update({ ...current, spec: { ...fields(current['spec']), nodeName: NODE_NAME } });
    this.#publish({ unschedulable: null, startTime: store.timestamp() });
  }

  #publish(change: Partial<PodView>): void {
    this.#view = { ...this.#view, ...change };
    const { store } = this.#context;
    store.updateStatus(this.#pod, (before) => podStatus(this.#view, before, store.timestamp()));
  }

  #terminate(graceSeconds: number): void {
    const process = this.#process;
    if (process === undefined) return;
    clearTimeout(this.#hardKill);
    if (graceSeconds <= 0) {
      process.kill();
      return;
    }
    process.signal('SIGTERM');
    this.#hardKill = setTimeout(() => {
      const message = `grace period of ${graceSeconds} s is over: SIGKILL`;
      this.#emit({ type: 'pod-killing', message });
      process.kill();
    }, graceSeconds * 1000);
  }

  async #remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    this.#context.store.removePod(this.#pod);
  }

  async #kubeconfig(spec: PodSpec): Promise<string | null> {
    const namespace = namespaceOf(this.#pod);
    if (spec.automountServiceAccountToken === false) return null;
    return this.#context.kubeconfig(namespace, spec.serviceAccountName);
  }

  #logPath(run: number): string {
    const { namespace, name, uid } = this.#pod.metadata;
    const folder = `${namespace}_${name}_${String(uid).slice(0, 8)}`;
    return join(this.#context.logsFolder, folder, `${this.#view.container}-${run}.log`);
  }

  #emit(body: PodEventBody): void {
    const { name, labels } = this.#pod.metadata;
    const component = labels?.['app.kubernetes.io/component'] ?? this.#view.container;
    const namespace = namespaceOf(this.#pod);
    this.#context.emit({ ...body, namespace, pod: name, component } as ClusterEventBody);
  }
}
