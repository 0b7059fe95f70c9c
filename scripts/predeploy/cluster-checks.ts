import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE } from '../settings/names.ts';
import { bad, type Check, good, notThere } from './finding.ts';

export const WORKLOADS = [CANARY_NAMESPACE, PRODUCTION_NAMESPACE] as const;
const SECRET = 'orderbooks-rclone-config';
const SECRET_KEY = 'rclone.conf';
/** kubelets renew their lease every ten seconds; a missed one or two are no skew. */
const LEASE_LATE_MS = 45_000;
/** Ages and tickets are judged to the minute; this leaves room for the way of the answer. */
const AHEAD_MS = 5_000;

const named = z.object({ metadata: z.object({ name: z.string() }) });
const classObject = z.object({
  metadata: z.object({
    name: z.string(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});
const claim = z.object({ status: z.object({ phase: z.string() }) });
const quota = z.object({
  metadata: z.object({ name: z.string() }),
  status: z
    .object({
      hard: z.record(z.string(), z.string()).default({}),
      used: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
});
const lease = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ renewTime: z.string().nullish() }),
});
const node = z.object({
  status: z.object({
    nodeInfo: z.object({ architecture: z.string(), operatingSystem: z.string() }),
  }),
});

/** What the cluster itself says. Nothing is written. */
export function clusterChecks(kubectl: Kubectl, now: () => Date): readonly Check[] {
  return [
    {
      name: 'cluster',
      async run() {
        const text = await kubectl.run(['get', '--raw', '/version']);
        const { gitVersion } = readJson('version', text, z.object({ gitVersion: z.string() }));
        return good(`Kubernetes ${gitVersion}`);
      },
    },
    ...WORKLOADS.map((namespace) => secretKey(kubectl, namespace)),
    ...WORKLOADS.map((namespace) => quotas(kubectl, namespace)),
    { name: 'storage class', run: () => storage(kubectl) },
    { name: 'clocks', run: () => clocks(kubectl, now) },
  ];
}

/** Such as `linux/amd64`, of every node. */
export async function nodePlatforms(kubectl: Kubectl): Promise<readonly string[]> {
  const nodes = await kubectl.list('nodes', null, node);
  return [
    ...new Set(
      nodes.map(
        ({ status: { nodeInfo } }) => `${nodeInfo.operatingSystem}/${nodeInfo.architecture}`,
      ),
    ),
  ].sort();
}

export async function namespaceExists(kubectl: Kubectl, namespace: string): Promise<boolean> {
  return (await kubectl.find('namespaces', namespace, null, named)) !== null;
}

/** Only names of keys leave the API server's answer: a template prints them, never what they hold. */
function secretKey(kubectl: Kubectl, namespace: string): Check {
  return {
    name: `secret in ${namespace}`,
    async run() {
      if (!(await namespaceExists(kubectl, namespace))) return notThere('no such namespace yet');
      const answer = await kubectl.run([
        'get',
        'secret',
        SECRET,
        `--namespace=${namespace}`,
        '--ignore-not-found',
        '--output=go-template={{range $key, $value := .data}}{{$key}}{{"\\n"}}{{end}}',
      ]);
      if (answer.split('\n').includes(SECRET_KEY)) return good(`${SECRET} has key ${SECRET_KEY}`);
      const seen = answer.trim() === '' ? 'is not there or empty' : `lacks key ${SECRET_KEY}`;
      return bad(`${SECRET} ${seen}`, 'npm run bootstrap makes it from a file');
    },
  };
}

function quotas(kubectl: Kubectl, namespace: string): Check {
  return {
    name: `quota in ${namespace}`,
    async run() {
      const found = await kubectl.list('resourcequotas', namespace, quota);
      if (found.length === 0) return notThere('none');
      const full = found.flatMap(({ metadata, status: { hard, used } }) =>
        Object.keys(hard)
          .filter((key) => amount(used[key]) >= amount(hard[key]))
          // The claim that is there fills its own quota, as it should.
          .filter((key) => !['persistentvolumeclaims', 'requests.storage'].includes(key))
          .map((key) => `${metadata.name}: ${key} ${used[key]} of ${hard[key]}`),
      );
      if (full.length === 0) return good(`${found.length} with room`);
      return bad(full.join('; '), 'raise the quota, or wait for Jobs to end: new pods are refused');
    },
  };
}

async function storage(kubectl: Kubectl) {
  const bound: string[] = [];
  for (const namespace of WORKLOADS) {
    const found = await kubectl.find('persistentvolumeclaims', 'orderbooks-data', namespace, claim);
    if (found?.status.phase === 'Bound') bound.push(namespace);
  }
  if (bound.length === WORKLOADS.length) return good('both claims are bound');
  const classes = await kubectl.list('storageclasses.storage.k8s.io', null, classObject);
  const standard = classes.find(
    ({ metadata }) =>
      metadata.annotations['storageclass.kubernetes.io/is-default-class'] === 'true',
  );
  if (standard !== undefined) return good(`default is ${standard.metadata.name}`);
  return bad(
    `no default StorageClass; claims bound in: ${bound.join(', ') || 'no namespace'}`,
    'make one default, or use component nfs-volume or local-volume (docs/bundle.md)',
  );
}

async function clocks(kubectl: Kubectl, now: () => Date) {
  const leases = await kubectl.list('leases.coordination.k8s.io', 'kube-node-lease', lease);
  const at = now().getTime();
  const ages = leases.map(({ metadata, spec }) => ({
    name: metadata.name,
    ageMs: at - Date.parse(spec.renewTime ?? ''),
  }));
  const odd = ages.filter(({ ageMs }) => !(ageMs >= -AHEAD_MS && ageMs <= LEASE_LATE_MS));
  if (ages.length === 0) return notThere('no node renews a lease');
  if (odd.length === 0) return good(`${ages.length} nodes agree with this machine`);
  return bad(
    odd
      .map(({ name, ageMs }) => `node ${name}: ${Math.round(ageMs / 1000)} s behind this machine`)
      .join('; '),
    'synchronise clocks (chrony, systemd-timesyncd) here and on the node, or see whether the node is ready',
  );
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** A quantity of Kubernetes as a number; NaN, which is never full, for what is none. */
function amount(text: string | undefined): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text ?? '') ?? [];
  return Number(number) * (UNITS[unit ?? ''] ?? Number.NaN);
}

function readJson<S extends z.ZodType>(what: string, text: string, schema: S): z.infer<S> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ClusterError(
      'BROKEN_ANSWER',
      `kubectl ${what}: expected whole JSON, seen ${text.length} characters that are not; run again`,
      { cause },
    );
  }
}
