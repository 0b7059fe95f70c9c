import type { ContainerSpec, ProbeSpec } from './pod-spec.ts';
import { runProbe } from './probes.ts';

export interface ContainerProbes {
  readonly container: ContainerSpec;
  /** Port on this machine that stands for a port of the container. */
  hostPort(containerPort: number): number | undefined;
  readonly scale: number;
  /** Ends all probes. */
  readonly exited: AbortSignal;
  /** Ends those that would restart a container which is to end anyway. */
  readonly deleted: AbortSignal;
  /** The startup probe succeeded; not called where there is none. */
  onStarted(): void;
  /** Startup or liveness failed for too long. */
  onUnhealthy(message: string): void;
  onReadiness(ready: boolean, message: string): void;
}

/** Runs the probes of a container: startup first, then liveness and readiness side by side. Resolves when all have ended. */
export async function probeContainer(probes: ContainerProbes): Promise<void> {
  const { container, exited, deleted } = probes;
  const living = AbortSignal.any([exited, deleted]);
  if (container.startupProbe !== undefined) {
    const started = await startup(probes, container.startupProbe, living);
    if (!started || exited.aborted) return;
  }
  const liveness = judge(
    probes,
    'Liveness',
    container.livenessProbe,
    living,
    (healthy, message) => {
      if (!healthy) probes.onUnhealthy(message);
    },
  );
  const readiness = judge(probes, 'Readiness', container.readinessProbe, exited, (ready, message) =>
    probes.onReadiness(ready, message),
  );
  await Promise.all([liveness, readiness]);
}

/** True once the probe succeeded; false if it failed for good or was ended. */
async function startup(
  probes: ContainerProbes,
  probe: ProbeSpec,
  living: AbortSignal,
): Promise<boolean> {
  const decided = new AbortController();
  let started = false;
  const signal = AbortSignal.any([living, decided.signal]);
  await judge(probes, 'Startup', probe, signal, (healthy, message) => {
    decided.abort();
    started = healthy;
    if (healthy) probes.onStarted();
    else probes.onUnhealthy(message);
  });
  return started;
}

function judge(
  probes: ContainerProbes,
  title: string,
  probe: ProbeSpec | undefined,
  signal: AbortSignal,
  onVerdict: (healthy: boolean, message: string) => void,
): Promise<void> {
  if (probe === undefined) return Promise.resolve();
  const { container, scale } = probes;
  const wanted = probe.httpGet.port;
  const number = container.ports.find((each) => each.name === wanted)?.containerPort ?? wanted;
  const port = typeof number === 'number' ? (probes.hostPort(number) ?? number) : 0;
  return runProbe({ title, spec: probe, port, scale, signal, onVerdict });
}
