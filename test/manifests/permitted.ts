import type { KubernetesObject } from '../../scripts/kargo/step.ts';
import {
  destinationOf,
  resourceProblem,
  specProblems,
} from '../../scripts/rehearse/cluster/app-project.ts';
import type { Kind } from '../../scripts/rehearse/cluster/kinds.ts';
import type { RenderedObject } from './render.ts';

/** Kinds of the bundle that live in no namespace. */
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'PersistentVolume',
  'Project',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** Why Argo CD would not sync `objects` by Application `name`, where `argocd` holds Applications and AppProjects. */
export function syncProblems(
  argocd: readonly RenderedObject[],
  name: string,
  objects: readonly RenderedObject[],
): readonly string[] {
  const application = argocd.find(
    ({ kind, metadata }) => kind === 'Application' && metadata.name === name,
  );
  if (application === undefined) return [`there is no Application ${name}`];
  const wanted = application.spec?.['project'];
  const project = argocd.find(
    ({ kind, metadata }) => kind === 'AppProject' && metadata.name === wanted,
  );
  const { namespace } = destinationOf(application as KubernetesObject);
  return [
    ...specProblems(application as KubernetesObject, project as KubernetesObject | undefined),
    ...objects.flatMap((object) =>
      project === undefined
        ? []
        : (resourceProblem(project as KubernetesObject, kindOf(object), {
            ...object,
            metadata: { ...object.metadata, namespace: object.metadata.namespace ?? namespace },
          } as KubernetesObject) ?? []),
    ),
  ];
}

function kindOf({ apiVersion, kind }: RenderedObject): Kind {
  const [first = '', second] = apiVersion.split('/');
  return {
    group: second === undefined ? '' : first,
    version: second ?? first,
    kind,
    plural: '',
    namespaced: !CLUSTER_SCOPED.has(kind),
    statusSubresource: false,
  };
}
