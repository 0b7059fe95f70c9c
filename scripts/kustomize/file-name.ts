import type { RenderedObject } from './render.ts';

/** How rendered objects are named as files: Kargo's way, or as `kustomize build -o folder` names them. */
export type NameFormat = 'kargo' | 'kustomize';

/**
 * Files of a rendered folder, in the order in which Kargo writes them (namespaced objects first): where two objects
 * get one name, the later one stays (facts/expr-and-templates.md, Steps).
 */
export function filesOf(
  objects: readonly RenderedObject[],
  format: NameFormat,
): readonly { readonly name: string; readonly text: string }[] {
  const namespaced = objects.filter((object) => !isClusterScoped(object));
  const clusterScoped = objects.filter(isClusterScoped);
  const several = new Set(namespaced.map(({ namespace }) => namespace || 'default')).size > 1;
  return [...namespaced, ...clusterScoped].map((object) => {
    const prefixed = several && !isClusterScoped(object);
    const name = format === 'kargo' ? kargoName(object) : kustomizeName(object, prefixed);
    return { name, text: object.text };
  });
}

/** Whether a name made from an object's metadata is a plain file name: nothing an object says may leave the folder. */
export function isPlainFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name);
}

function kargoName({ namespace, kind, name }: RenderedObject): string {
  const parts = namespace === '' ? [kind, name] : [namespace, kind, name];
  return `${parts.join('-')}.yaml`.toLowerCase();
}

function kustomizeName(object: RenderedObject, prefixed: boolean): string {
  const { apiVersion, kind, name, namespace } = object;
  const parts = [...apiVersion.split('/'), kind].filter((part) => part !== '');
  const prefix = prefixed && namespace !== '' ? [namespace] : [];
  return `${[...prefix, ...parts, name].join('_')}.yaml`.toLowerCase();
}

/** Kinds that kustomize knows to live outside namespaces; it takes any other for namespaced. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apiregistration.k8s.io/APIService',
  'authentication.k8s.io/TokenReview',
  'authorization.k8s.io/SelfSubjectAccessReview',
  'authorization.k8s.io/SelfSubjectRulesReview',
  'authorization.k8s.io/SubjectAccessReview',
  'certificates.k8s.io/CertificateSigningRequest',
  'flowcontrol.apiserver.k8s.io/FlowSchema',
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration',
  'internal.apiserver.k8s.io/StorageVersion',
  'networking.k8s.io/IngressClass',
  'node.k8s.io/RuntimeClass',
  'policy/PodSecurityPolicy',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/CSIDriver',
  'storage.k8s.io/CSINode',
  'storage.k8s.io/StorageClass',
  'storage.k8s.io/VolumeAttachment',
  '/ComponentStatus',
  '/Namespace',
  '/Node',
  '/PersistentVolume',
]);

function isClusterScoped({ apiVersion, kind }: RenderedObject): boolean {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return CLUSTER_SCOPED.has(`${group}/${kind}`);
}
