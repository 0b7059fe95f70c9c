import { KUBERNETES_TIMING, type Timing } from './kubelet-context.ts';

/** Something that this cluster does otherwise than a real one would with the same manifests. */
export interface LocalOverride {
  readonly what: string;
  /** What the manifest or Kubernetes says. */
  readonly manifest: string;
  readonly here: string;
  readonly because: string;
}

/** What holds for every pod; what a caller overrides for single pods is the caller's to print. */
export function localOverrides(timing: Timing): readonly LocalOverride[] {
  const { probeScale, restartBackoffMs } = timing;
  return [
    {
      what: 'ports',
      manifest: 'each pod has an address of its own',
      here: 'port `http` is a free port of 127.0.0.1, handed over in ORDERBOOKS_CONFIG_OVERRIDES',
      because: 'processes of one machine share its addresses',
    },
    {
      what: 'paths',
      manifest: 'mount paths',
      here: 'folders below the cluster folder, written into arguments and environment',
      because: 'there are no mount namespaces',
    },
    {
      what: 'API credentials',
      manifest: 'token mounted by Kubernetes',
      here: 'kubeconfig with a token of the same ServiceAccount, named by KUBECONFIG',
      because: 'the client reads the mounted token from a fixed path',
    },
    {
      what: 'limits',
      manifest: 'CPU, memory, volume sizes, quotas, users, network policies',
      here: 'not enforced; writes outside writable mounts are refused to the Node process only',
      because: 'processes are not containers',
    },
    ...(probeScale === KUBERNETES_TIMING.probeScale
      ? []
      : [
          {
            what: 'probe periods',
            manifest: 'as written',
            here: `times ${probeScale}; how long a probe may fail stays as written`,
            because: 'nobody wants to wait for a period to end',
          },
        ]),
    ...(restartBackoffMs === KUBERNETES_TIMING.restartBackoffMs
      ? []
      : [
          {
            what: 'restart back-off',
            manifest: `${KUBERNETES_TIMING.restartBackoffMs / 1000} s, doubling`,
            here: `${restartBackoffMs / 1000} s, doubling`,
            because: 'nobody wants to wait for a crashed process',
          },
        ]),
  ];
}
