import { parse } from 'yaml';
import { ClusterError } from '../cluster/failure.ts';
import type { KubernetesObject } from '../cluster/objects.ts';
import type { RenderedObject } from '../kustomize/render.ts';
import { CANARY_NAMESPACE } from '../settings/names.ts';

export { CANARY_NAMESPACE };
export const RECORDER = 'orderbooks-ws-recorder';
export const UPLOADER = 'orderbooks-uploader';
export const CLAIM = 'orderbooks-data';

/** Exactly what this command may touch; the ConfigMap's name ends in a hash of its content. */
export const SCOPE: readonly { readonly kind: string; readonly name: RegExp }[] = [
  { kind: 'Namespace', name: new RegExp(`^${CANARY_NAMESPACE}$`) },
  { kind: 'ConfigMap', name: /^orderbooks-config-[a-z0-9]+$/ },
  { kind: 'PersistentVolumeClaim', name: /^orderbooks-data$/ },
  { kind: 'CronJob', name: /^orderbooks-uploader$/ },
  { kind: 'Deployment', name: /^orderbooks-ws-recorder$/ },
];

/**
 * The scoped set of a render, in the order in which it is applied.
 *
 * @throws ClusterError SCOPE_INCOMPLETE if the render does not hold each exactly once, in the canary's namespace
 */
export function scopedSet(render: readonly RenderedObject[]): readonly KubernetesObject[] {
  return SCOPE.map(({ kind, name }) => {
    const found = render.filter((object) => object.kind === kind && name.test(object.name));
    const [object] = found;
    const place = kind === 'Namespace' ? '' : CANARY_NAMESPACE;
    if (object === undefined || found.length > 1 || object.namespace !== place) {
      throw new ClusterError(
        'SCOPE_INCOMPLETE',
        `expected exactly one ${kind} ${name.source} in namespace ${CANARY_NAMESPACE} in the render of gitops/overlays/canary, seen ${found.length === 1 ? `one in namespace ${JSON.stringify(object?.namespace)}` : found.length}; the overlay of this commit is not the canary's`,
      );
    }
    return parse(object.text) as KubernetesObject;
  });
}

interface PodSpecHolder {
  readonly kind: string;
  readonly spec?: {
    readonly template?: { spec?: PodSpec };
    readonly jobTemplate?: { readonly spec?: { readonly template?: { spec?: PodSpec } } };
  };
}
interface PodSpec {
  readonly serviceAccountName?: string;
}

/**
 * The set with pods under the namespace's `default` account where theirs is not there: accounts are outside the scope,
 * and a pod without its account never starts. No pod of the set uses a token, so the account changes nothing else.
 */
export function withAccounts(
  objects: readonly KubernetesObject[],
  existing: ReadonlySet<string>,
): { readonly objects: readonly KubernetesObject[]; readonly missing: readonly string[] } {
  const missing: string[] = [];
  const changed = objects.map((object) => {
    const copy = structuredClone(object);
    const holder = copy as unknown as PodSpecHolder;
    const template = holder.spec?.template ?? holder.spec?.jobTemplate?.spec?.template;
    const account = template?.spec?.serviceAccountName;
    if (template === undefined || account === undefined || existing.has(account)) return copy;
    missing.push(account);
    template.spec = { ...template.spec, serviceAccountName: 'default' };
    return copy;
  });
  return { objects: changed, missing };
}
