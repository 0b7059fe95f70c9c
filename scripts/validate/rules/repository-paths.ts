import type { BundleObject } from '../bundle.ts';
import { items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { objectsOf } from '../lookup.ts';
import { renderedFolders } from '../rendered-folders.ts';
import type { Check } from '../rule.ts';
import type { Location, Path } from '../source-file.ts';
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
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    for (const { kind, folder, written } of renderedFolders(bundle, stage)) {
      if (!exists(folder)) yield nowhere(written.at, `step ${kind} of Stage ${stage.name}`, folder);
    }
  }
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

function nowhere(at: Location, who: string, path: string): Draft {
  return {
    rule: 'orderbooks/unknown-path',
    at,
    message: `${who} names ${path}, which is not in this repository`,
    fix: 'correct the path, relative to the root of the repository',
  };
}
