import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { outcomeOf, type StepOutcome } from '../cluster/steps.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE } from '../settings/names.ts';

export interface NfsShare {
  readonly server: string;
  /** Absolute; each claim has a folder of its own below it, which must be there and writable by user 10001. */
  readonly path: string;
}

/** The claims whose data must outlive everything that is installed here; the folder is `<path>/<namespace>`. */
const CLAIMS = [
  { namespace: CANARY_NAMESPACE, name: 'orderbooks-data', storage: '50Gi' },
  { namespace: PRODUCTION_NAMESPACE, name: 'orderbooks-data', storage: '50Gi' },
] as const;

const volume = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    claimRef: z.object({ namespace: z.string(), name: z.string() }).partial().optional(),
    nfs: z.object({ server: z.string(), path: z.string() }).optional(),
  }),
});

/** `server:/path`. */
export function parseNfs(text: string): NfsShare {
  const [, server, path] = /^([^:/\s]+):(\/[^\s]*)$/.exec(text) ?? [];
  if (server === undefined || path === undefined) {
    throw new ClusterError('NFS_INVALID', `--nfs ${text}: expected server:/absolute/path`);
  }
  return { server, path: path.replace(/\/+$/, '') };
}

/** Static volumes with Retain on an NFS share, one folder per claim. What claims are bound to is never replaced. */
export async function provideVolumes(kubectl: Kubectl, share: NfsShare): Promise<StepOutcome> {
  const there = await kubectl.list('persistentvolumes', null, volume);
  const wanted = CLAIMS.map((claim) => volumeOf(claim, share));
  const missing = wanted.filter((one) => {
    const { namespace, name } = one.spec.claimRef;
    const other = there.find(
      ({ metadata, spec }) =>
        metadata.name !== one.metadata.name &&
        spec.claimRef?.namespace === namespace &&
        spec.claimRef.name === name,
    );
    return other === undefined;
  });
  for (const one of wanted) {
    const same = there.find(
      ({ metadata, spec }) =>
        metadata.name !== one.metadata.name &&
        spec.nfs?.server === one.spec.nfs.server &&
        spec.nfs.path === one.spec.nfs.path,
    );
    if (same !== undefined && missing.includes(one)) {
      throw new ClusterError(
        'PATH_TAKEN',
        `PersistentVolume ${same.metadata.name} has ${share.server}:${one.spec.nfs.path} already: two writers in one folder would damage an archive`,
      );
    }
  }
  if (missing.length === 0) {
    return { state: 'unchanged', detail: 'every claim has a volume that it is bound to' };
  }
  return outcomeOf(await kubectl.apply(missing), kubectl.dryRun);
}

function volumeOf(claim: (typeof CLAIMS)[number], share: NfsShare) {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: `platform-${claim.namespace}-data`,
      labels: { 'app.kubernetes.io/name': 'orderbooks' },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: claim.storage },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name: claim.name,
        namespace: claim.namespace,
      },
      // hard: a server that is away delays writing and loses nothing.
      mountOptions: ['hard', 'nfsvers=4.1'],
      nfs: { server: share.server, path: `${share.path}/${claim.namespace}` },
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: '',
      volumeMode: 'Filesystem',
    },
  };
}
