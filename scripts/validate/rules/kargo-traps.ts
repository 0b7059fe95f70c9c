import { normalizeGitUrl } from '../../kargo/git-url.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { knownText } from '../known-text.ts';
import { objectsOf, together } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { stepsOf } from '../stage-steps.ts';
import { KARGO } from '../written-steps.ts';

/** What Kargo takes and then does otherwise than meant. */
export const checkKargoTraps: Check = function* ({ bundle, house }) {
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    yield* requestsWithoutSource(stage);
    yield* pushesToWatched(bundle, stage);
  }
  for (const config of objectsOf(bundle, KARGO, 'ProjectConfig')) {
    yield* ofAnotherProject(config);
    yield* policies(config, house);
  }
  for (const project of objectsOf(bundle, KARGO, 'Project'))
    yield* foreignNamespace(bundle, project);
};

const PROJECT_LABEL = 'kargo.akuity.io/project';

/** Kargo makes the namespace of a Project, or adopts one that says so. */
function* foreignNamespace(bundle: Bundle, project: BundleObject): Generator<Draft> {
  for (const namespace of objectsOf(bundle, '', 'Namespace')) {
    const path: Path = ['metadata', 'labels', PROJECT_LABEL];
    if (namespace.name !== project.name || valueAt(namespace.value, path) === 'true') continue;
    yield {
      rule: 'kargo/foreign-namespace',
      at: namespace.at(['metadata', 'name']),
      message: `Namespace ${namespace.name} lacks the label ${PROJECT_LABEL}: Kargo refuses a Project whose namespace exists and is not marked as its own`,
      fix: `label it ${PROJECT_LABEL}: "true"`,
    };
  }
}

function* requestsWithoutSource(stage: BundleObject): Generator<Draft> {
  const requests: Path = ['spec', 'requestedFreight'];
  for (const [index, request] of items(valueAt(stage.value, requests)).entries()) {
    const sources = fields(fields(request)['sources']);
    if (sources['direct'] === true || items(sources['stages']).length > 0) continue;
    yield {
      rule: 'kargo/no-source',
      at: stage.at([...requests, index, 'sources']),
      message: `Stage ${stage.name} takes Freight neither from its Warehouse (direct) nor from a Stage: none is ever available to it`,
      fix: 'write sources: {direct: true} or sources: {stages: [<name>]}',
    };
  }
}

/** A Warehouse that watches what its own Stages push makes new Freight of every promotion, without end. */
function* pushesToWatched(bundle: Bundle, stage: BundleObject): Generator<Draft> {
  const requested = items(valueAt(stage.value, ['spec', 'requestedFreight'])).map((request) =>
    valueAt(request, ['origin', 'name']),
  );
  const watched = objectsOf(bundle, KARGO, 'Warehouse')
    .filter((warehouse) => requested.includes(warehouse.name) && together(stage, warehouse))
    .flatMap((warehouse) =>
      items(valueAt(warehouse.value, ['spec', 'subscriptions'])).flatMap((subscription, index) => {
        const git = fields(subscription)['git'];
        return git === undefined ? [] : [{ warehouse, index, git: fields(git) }];
      }),
    );
  const steps = stepsOf(bundle, stage);
  const cloned = new Set(
    steps.flatMap(({ object, path, value, scope }) => {
      if (value['uses'] !== 'git-clone') return [];
      const url = knownText(object, [...path, 'config', 'repoURL'], scope)?.value;
      return url === undefined ? [] : [normalizeGitUrl(url)];
    }),
  );
  for (const { object, path, value, scope } of steps) {
    if (value['uses'] !== 'git-push') continue;
    const branch = knownText(object, [...path, 'config', 'targetBranch'], scope)?.value;
    for (const { warehouse, index, git } of watched) {
      const isPushed = text(git['branch']) === branch && branch !== undefined;
      const isSame = cloned.has(normalizeGitUrl(text(git['repoURL'])));
      const filters = [...items(git['includePaths']), ...items(git['excludePaths'])];
      // Whether filters keep the pushed paths out cannot be told; a rendered branch has none of its source's paths.
      if (!isPushed || !isSame || (filters.length > 0 && !/^stages?\//.test(branch))) continue;
      yield {
        rule: 'kargo/triggers-itself',
        at: warehouse.at(['spec', 'subscriptions', index, 'git', 'branch']),
        message: `Warehouse ${warehouse.name} watches branch ${branch}, which Stage ${stage.name} pushes to: every promotion makes new Freight`,
        fix: 'watch another branch, or keep what is pushed out by excludePaths',
      };
    }
  }
}

function* ofAnotherProject(config: BundleObject): Generator<Draft> {
  if (config.namespace === '' || config.name === config.namespace) return;
  yield {
    rule: 'kargo/project-config',
    at: config.at(['metadata', 'name']),
    message: `ProjectConfig ${config.name} stands in the Project ${config.namespace}: Kargo refuses one that has not the name of its Project`,
    fix: `name it ${config.namespace}`,
  };
}

function* policies(config: BundleObject, house: boolean): Generator<Draft> {
  const path: Path = ['spec', 'promotionPolicies'];
  const seen = new Set<string>();
  for (const [index, policy] of items(valueAt(config.value, path)).map(fields).entries()) {
    const selector = fields(policy['stageSelector']);
    const name = text(selector['name']) || text(policy['stage']);
    const at: Path = [...path, index, 'stageSelector'];
    if (seen.has(name) && name !== '') {
      yield {
        rule: 'kargo/project-config',
        at: config.at([...at, 'name']),
        message: `an earlier policy of ProjectConfig ${config.name} is for ${name} too, and the first one counts`,
        fix: 'remove one',
      };
    }
    seen.add(name);
    const isPattern = name === '' || /^(glob|regexp?):/.test(name);
    if (!house || !isPattern || policy['autoPromotionEnabled'] !== true) continue;
    yield {
      rule: 'kargo/project-config',
      at: config.at(at),
      message:
        'Stages are promoted automatically by a pattern: whoever can name or label a Stage can have it promoted',
      fix: 'name the Stage exactly',
    };
  }
}
