import { dirname } from 'node:path';
import type { KubernetesObject } from '../../kargo/step.ts';
import { resourceProblem } from '../../rehearse/cluster/app-project.ts';
import { applicationUpdates } from '../application-updates.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { isFields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { objectsOf } from '../lookup.ts';
import { renderedFolders } from '../rendered-folders.ts';
import type { Check } from '../rule.ts';
import { knownKinds } from '../schema-store.ts';
import { updatedApplications } from '../updated-applications.ts';

/**
 * An AppProject that does not permit the kind or namespace of an object lets its Application sync nothing; a promotion then
 * errors after its push (facts/observed.md).
 */
export const checkPermittedKinds: Check = function* ({ bundle }) {
  const projects = objectsOf(bundle, 'argoproj.io', 'AppProject');
  if (projects.length === 0) return;
  const folders = foldersOf(bundle);
  for (const application of objectsOf(bundle, 'argoproj.io', 'Application')) {
    const name = text(valueAt(application.value, ['spec', 'project']));
    const project = projects.find((one) => one.name === name);
    if (project === undefined) continue;
    const said = new Set<string>();
    for (const object of objectsIn(bundle, folders.get(application) ?? new Set())) {
      const problem = problemOf(project, application, object);
      // The same of another object of this kind goes without saying.
      if (problem === undefined || said.has(`${object.group}/${object.kind} ${problem}`)) continue;
      said.add(`${object.group}/${object.kind} ${problem}`);
      yield {
        rule: 'argocd/not-permitted',
        at: object.at(problem.startsWith('namespace ') ? ['metadata', 'namespace'] : ['kind']),
        message: `Application ${application.name} brings ${object.kind} ${object.name}, and ${problem}: nothing of it is synced`,
        fix: `permit it in AppProject ${project.name}, or leave it out`,
      };
    }
    yield* madeNamespace(project, application);
  }
};

/** Folders that each Application is made of: the one it names, and those that Stages render for it. */
function foldersOf(bundle: Bundle): ReadonlyMap<BundleObject, ReadonlySet<string>> {
  const folders = new Map<BundleObject, Set<string>>();
  const add = (application: BundleObject, folder: string): void => {
    folders.set(application, (folders.get(application) ?? new Set()).add(folder));
  };
  for (const application of objectsOf(bundle, 'argoproj.io', 'Application')) {
    const path = text(valueAt(application.value, ['spec', 'source', 'path']));
    add(application, path.replace(/^\.\/|\/+$/g, ''));
  }
  for (const update of applicationUpdates(bundle)) {
    const outcome = updatedApplications(bundle, update);
    // A Stage that updates several may render something else for each.
    if (outcome.result !== 'found' || outcome.applications.length !== 1) continue;
    for (const { kind, folder } of renderedFolders(bundle, update.stage)) {
      const [application] = outcome.applications;
      if (kind === 'kustomize-build' && application !== undefined) add(application, folder);
    }
  }
  return folders;
}

function objectsIn(bundle: Bundle, folders: ReadonlySet<string>): readonly BundleObject[] {
  return bundle.objects.filter(
    ({ kustomization }) => kustomization !== null && folders.has(dirname(kustomization)),
  );
}

/** Kinds of Kargo, Argo CD and Rollouts that live outside namespaces. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'argoproj.io/ClusterAnalysisTemplate',
  'kargo.akuity.io/ClusterConfig',
  'kargo.akuity.io/ClusterPromotionTask',
  'kargo.akuity.io/Project',
]);

function problemOf(
  project: BundleObject,
  application: BundleObject,
  { apiVersion, group, kind, name, namespace }: BundleObject,
): string | undefined {
  // What it is cannot be known: a finding of its own.
  if (apiVersion === '') return undefined;
  const known = knownKinds().get(`${apiVersion}/${kind}`);
  // Of a kind that nobody here knows, only one that names a namespace is known to live in one.
  if (known === undefined && namespace === '') return undefined;
  const namespaced = known?.namespaced ?? !CLUSTER_SCOPED.has(`${group}/${kind}`);
  const destination = text(valueAt(application.value, ['spec', 'destination', 'namespace']));
  return resourceProblem(
    asObject(project),
    { group, version: '', kind, plural: '', namespaced, statusSubresource: false },
    { apiVersion, kind, metadata: { name, namespace: namespace || destination } },
  );
}

/** The namespace that Argo CD makes is an object of the Application too. */
function* madeNamespace(project: BundleObject, application: BundleObject): Generator<Draft> {
  const path = ['spec', 'syncPolicy', 'syncOptions'] as const;
  const index = items(valueAt(application.value, path)).indexOf('CreateNamespace=true');
  if (index < 0) return;
  const name = text(valueAt(application.value, ['spec', 'destination', 'namespace']));
  const problem = resourceProblem(
    asObject(project),
    {
      group: '',
      version: '',
      kind: 'Namespace',
      plural: '',
      namespaced: false,
      statusSubresource: false,
    },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  );
  if (problem === undefined) return;
  yield {
    rule: 'argocd/not-permitted',
    at: application.at([...path, index]),
    message: `Application ${application.name} is to make namespace ${name}, and ${problem}: nothing of it is synced`,
    fix: `permit it in clusterResourceWhitelist of AppProject ${project.name}, or make the namespace elsewhere`,
  };
}

function asObject({ value, name }: BundleObject): KubernetesObject {
  const spec = value['spec'];
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name },
    ...(isFields(spec) ? { spec } : {}),
  };
}
