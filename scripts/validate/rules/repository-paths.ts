import { posix } from 'node:path';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { knownText } from '../known-text.ts';
import { objectsOf } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { Location, Path } from '../source-file.ts';
import { stepsOf } from '../stage-steps.ts';
import { KARGO } from '../written-steps.ts';

type Exists = (path: string) => boolean;

/** Paths into this repository that nothing checks before a sync, a promotion, or (for a Warehouse) ever. */
export const checkRepositoryPaths: Check = function* ({ bundle, house, exists }) {
  // Elsewhere, objects may be about other repositories.
  if (!house || exists === undefined) return;
  const warehouses = objectsOf(bundle, KARGO, 'Warehouse');
  for (const warehouse of warehouses) yield* includedPaths(warehouse, exists);
  const branches = new Set(['', 'HEAD', ...warehouses.flatMap(branchesOf)]);
  for (const application of objectsOf(bundle, 'argoproj.io', 'Application')) {
    const path: Path = ['spec', 'source', 'path'];
    const revision = text(valueAt(application.value, ['spec', 'source', 'targetRevision']));
    const folder = text(valueAt(application.value, path));
    // Branches that Stages write have another content.
    if (folder === '' || !branches.has(revision) || exists(folder)) continue;
    yield nowhere(application.at(path), `Application ${application.name}`, folder);
  }
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) yield* ofStage(bundle, stage, exists);
};

const SUBSCRIPTIONS: Path = ['spec', 'subscriptions'];

function branchesOf({ value }: BundleObject): readonly string[] {
  return items(valueAt(value, SUBSCRIPTIONS)).map((one) => text(valueAt(one, ['git', 'branch'])));
}

function* includedPaths(warehouse: BundleObject, exists: Exists): Generator<Draft> {
  for (const [index, one] of items(valueAt(warehouse.value, SUBSCRIPTIONS)).entries()) {
    for (const key of ['includePaths', 'excludePaths']) {
      for (const [position, value] of items(valueAt(one, ['git', key])).entries()) {
        const path = text(value);
        // Patterns may match nothing yet.
        if (path === '' || /^(glob|regexp?):/.test(path) || exists(path)) continue;
        const at = warehouse.at([...SUBSCRIPTIONS, index, 'git', key, position]);
        yield nowhere(at, `${key} of Warehouse ${warehouse.name}`, path);
      }
    }
  }
}

/** What a Stage renders, below the folder into which it clones the Freight's commit. */
function* ofStage(bundle: Bundle, stage: BundleObject, exists: Exists): Generator<Draft> {
  const clones = new Set<string>();
  for (const { object, path, value, scope } of stepsOf(bundle, stage)) {
    if (value['uses'] === 'git-clone') {
      const checkouts: Path = [...path, 'config', 'checkout'];
      for (const [index, checkout] of items(valueAt(object.value, checkouts)).entries()) {
        const folder = knownText(object, [...checkouts, index, 'path'], scope)?.value;
        if (folder !== undefined && text(fields(checkout)['commit']) !== '') {
          clones.add(posix.normalize(folder));
        }
      }
    }
    if (!RENDERING.has(text(value['uses']))) continue;
    const folder = knownText(object, [...path, 'config', 'path'], scope);
    if (folder === null) continue;
    const whole = posix.normalize(folder.value);
    const clone = [...clones].find((one) => whole.startsWith(`${one}/`));
    const inside = clone === undefined ? null : whole.slice(clone.length + 1);
    if (inside === null || exists(inside)) continue;
    yield nowhere(folder.at, `step ${text(value['uses'])} of Stage ${stage.name}`, inside);
  }
}

const RENDERING: ReadonlySet<string> = new Set(['kustomize-build', 'kustomize-set-image']);

function nowhere(at: Location, who: string, path: string): Draft {
  return {
    rule: 'orderbooks/unknown-path',
    at,
    message: `${who} names ${path}, which is not in this repository`,
    fix: 'correct the path, relative to the root of the repository',
  };
}
