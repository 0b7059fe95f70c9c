import { dirname } from 'node:path';
import type { Bundle, BundleObject } from '../bundle.ts';
import { text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { objectsOf } from '../lookup.ts';
import type { Check } from '../rule.ts';

/**
 * Argo CD gives an object to the Application that synced it last: with two, each undoes what the other did. Of this
 * repository's form, no two renders may hold an object at all; elsewhere overlays may be for several clusters, and only
 * what Applications name by path is compared.
 */
export const checkObjectOwners: Check = function* ({ bundle, house }) {
  const applications = objectsOf(bundle, 'argoproj.io', 'Application');
  yield* sameSources(applications);
  const owners = house
    ? bundle.renders.map(({ kustomization }) => ({
        name: dirname(kustomization),
        cluster: '',
        namespace: '',
        objects: bundle.objects.filter((object) => object.kustomization === kustomization),
      }))
    : applications.map((application) => ownerOf(bundle, application));
  const first = new Map<string, string>();
  for (const { name, cluster, namespace, objects } of owners) {
    for (const object of objects) {
      const key = [
        cluster,
        object.group,
        object.kind,
        object.namespace === '' ? namespace : object.namespace,
        object.name,
      ].join('\n');
      const before = first.get(key);
      if (before === undefined) first.set(key, name);
      else if (before !== name) yield twice(object, before, name);
    }
  }
};

function* sameSources(applications: readonly BundleObject[]): Generator<Draft> {
  const first = new Map<string, BundleObject>();
  for (const application of applications) {
    const source = valueAt(application.value, ['spec', 'source']);
    if (source === undefined) continue;
    const key = JSON.stringify([source, valueAt(application.value, ['spec', 'destination'])]);
    const before = first.get(key);
    if (before === undefined) first.set(key, application);
    // The same Application in another render is said as an object.
    else if (before.name !== application.name || before.namespace !== application.namespace) {
      yield {
        rule: 'argocd/object-owned-twice',
        at: application.atKey(['spec', 'source']),
        message: `Application ${application.name} has the source and destination of Application ${before.name}: both would own every object of it`,
        fix: 'remove one of the two, or correct its source or destination',
      };
    }
  }
}

interface Owner {
  readonly name: string;
  readonly cluster: string;
  /** For objects that name none. */
  readonly namespace: string;
  readonly objects: readonly BundleObject[];
}

function ownerOf(bundle: Bundle, { name, value }: BundleObject): Owner {
  const destination = (key: string): string => text(valueAt(value, ['spec', 'destination', key]));
  const folder = text(valueAt(value, ['spec', 'source', 'path'])).replace(/^\.\/|\/+$/g, '');
  return {
    name: `Application ${name}`,
    cluster: `${destination('server')} ${destination('name')}`,
    namespace: destination('namespace'),
    objects: bundle.objects.filter(({ kustomization, source }) => {
      const file = kustomization ?? source?.file;
      return file !== undefined && dirname(file) === folder;
    }),
  };
}

function twice(object: BundleObject, first: string, second: string): Draft {
  return {
    rule: 'argocd/object-owned-twice',
    at: object.at(['metadata', 'name']),
    message: `${object.kind} ${object.name} belongs to ${first} and to ${second}: each would undo what the other did`,
    fix: 'leave it in one of them, or give it another name or namespace',
  };
}
