import { matchesGlob } from 'node:path';
import type { KubernetesObject } from '../../kargo/step.ts';
import { at, list, strings, text } from './fields.ts';
import type { Kind } from './kinds.ts';

/** The API server as Applications name it. */
export const IN_CLUSTER = 'https://kubernetes.default.svc';

export interface Destination {
  readonly server: string;
  readonly namespace: string;
}

/** Where an Application's objects go; a destination by name `in-cluster` is the same place. */
export function destinationOf(application: KubernetesObject): Destination {
  const destination = at(application, 'spec', 'destination');
  const server = text(at(destination, 'server'));
  const named = at(destination, 'name') === 'in-cluster' ? IN_CLUSTER : '';
  return { server: server ?? named, namespace: text(at(destination, 'namespace')) ?? '' };
}

/** Why the project does not let the Application be, in Argo CD's words; empty if it does. */
export function specProblems(
  application: KubernetesObject,
  project: KubernetesObject | undefined,
): readonly string[] {
  const projectName = text(at(application, 'spec', 'project')) ?? 'default';
  if (project === undefined) {
    return [`Application referencing project ${projectName} which does not exist`];
  }
  const repository = text(at(application, 'spec', 'source', 'repoURL')) ?? '';
  const destination = destinationOf(application);
  const { server, namespace } = destination;
  return [
    ...(globs(strings(at(project, 'spec', 'sourceRepos')), repository)
      ? []
      : [`application repo ${repository} is not permitted in project '${projectName}'`]),
    ...(isDestinationPermitted(project, destination)
      ? []
      : [
          `application destination server '${server}' and namespace '${namespace}' do not match any of the allowed destinations in project '${projectName}'`,
        ]),
    ...(server === IN_CLUSTER ? [] : [`cluster '${server}' has not been configured`]),
  ];
}

/** Why an object may not be synced, in Argo CD's words; undefined if it may. */
export function resourceProblem(
  project: KubernetesObject,
  kind: Kind,
  object: KubernetesObject,
): string | undefined {
  const name = project.metadata.name;
  if (!isKindPermitted(project, kind, object.metadata.name)) {
    return `resource ${kind.group}:${kind.kind} is not permitted in project ${name}`;
  }
  const namespace = object.metadata.namespace ?? '';
  if (kind.namespaced && !isDestinationPermitted(project, { server: IN_CLUSTER, namespace })) {
    return `namespace ${namespace} is not permitted in project '${name}'`;
  }
  return undefined;
}

function isDestinationPermitted(project: KubernetesObject, destination: Destination): boolean {
  const destinations = list(at(project, 'spec', 'destinations'));
  const matching = (negated: boolean): boolean =>
    destinations.some((each) => {
      const server = text(at(each, 'server')) ?? '';
      const namespace = text(at(each, 'namespace')) ?? '';
      if (namespace.startsWith('!') !== negated) return false;
      const named = at(each, 'name') === 'in-cluster' ? IN_CLUSTER : '';
      return (
        glob(server === '' ? named : server, destination.server) &&
        glob(namespace.replace(/^!/, ''), destination.namespace)
      );
    });
  return matching(false) && !matching(true);
}

/** Without a list all namespaced kinds and no cluster-scoped ones are permitted (facts/argo-cd-and-rollouts.md §1.2). */
function isKindPermitted(project: KubernetesObject, kind: Kind, name: string): boolean {
  const prefix = kind.namespaced ? 'namespaceResource' : 'clusterResource';
  const whitelist = at(project, 'spec', `${prefix}Whitelist`);
  const matches = (entry: unknown): boolean =>
    glob(text(at(entry, 'group')) ?? '', kind.group) &&
    glob(text(at(entry, 'kind')) ?? '', kind.kind) &&
    (at(entry, 'name') === undefined || glob(text(at(entry, 'name')) ?? '', name));
  const allowed = whitelist === undefined ? kind.namespaced : list(whitelist).some(matches);
  return allowed && !list(at(project, 'spec', `${prefix}Blacklist`)).some(matches);
}

function globs(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => glob(pattern, value));
}

function glob(pattern: string, value: string): boolean {
  return pattern === '*' || pattern === value || matchesGlob(value, pattern);
}
