import type { KubernetesObject } from '../../kargo/step.ts';
import type { PodOverrides } from './container-command.ts';
import type { Emit } from './events.ts';
import type { ImageStore } from './images.ts';
import type { ProcessTable } from './processes.ts';
import type { ObjectStore } from './store.ts';
import type { VolumeManager } from './volumes.ts';

/** Where the local cluster is faster than a real one; each value that differs from Kubernetes' is an override. */
export interface Timing {
  /** Factor on periods of probes; how long a probe may fail stays. Kubernetes: 1. */
  readonly probeScale: number;
  /** First wait before a crashed container starts again; doubles up to 300 s. Kubernetes: 10 000. */
  readonly restartBackoffMs: number;
}

export const KUBERNETES_TIMING: Timing = { probeScale: 1, restartBackoffMs: 10_000 };

/** What the kubelet works with. */
export interface KubeletContext {
  readonly store: ObjectStore;
  readonly images: ImageStore;
  readonly processes: ProcessTable;
  readonly volumes: VolumeManager;
  /** Folder with one folder per pod. */
  readonly podsFolder: string;
  readonly logsFolder: string;
  readonly timing: Timing;
  readonly emit: Emit;
  /** Writes a kubeconfig of a ServiceAccount and returns its path. */
  kubeconfig(namespace: string, serviceAccount: string): Promise<string>;
  overrides(pod: KubernetesObject): PodOverrides;
}
