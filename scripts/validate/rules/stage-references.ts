import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { adviceOn, objectsOf, together } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { RuleName } from '../rule-names.ts';
import type { Path } from '../source-file.ts';
import { KARGO, writtenSteps } from '../written-steps.ts';

/** Names that a Stage or ProjectConfig mentions; Kargo takes them whether or not there is such an object. */
export const checkStageReferences: Check = function* (look) {
  const { bundle } = look;
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    yield* warehousesAndStages(bundle, stage);
    yield* tasks(bundle, stage, look.skip);
    yield* templates(bundle, stage, look.skip);
  }
  for (const config of objectsOf(bundle, KARGO, 'ProjectConfig')) yield* policies(bundle, config);
};

function* warehousesAndStages(bundle: Bundle, stage: BundleObject): Generator<Draft> {
  const requests: Path = ['spec', 'requestedFreight'];
  for (const [index, request] of items(valueAt(stage.value, requests)).entries()) {
    const origin: Path = [...requests, index, 'origin', 'name'];
    yield* unknown(bundle, stage, origin, WAREHOUSE);
    const upstream: Path = [...requests, index, 'sources', 'stages'];
    for (const position of items(valueAt(request, ['sources', 'stages'])).keys()) {
      yield* unknown(bundle, stage, [...upstream, position], STAGE);
    }
  }
}

function* tasks(bundle: Bundle, stage: BundleObject, skip: Skip): Generator<Draft> {
  for (const { path, value } of writtenSteps(stage)) {
    const task = fields(value['task']);
    const name: Path = [...path, 'task', 'name'];
    if (text(task['kind']) !== 'ClusterPromotionTask') yield* unknown(bundle, stage, name, TASK);
    else outsideProject(bundle, stage, name, 'ClusterPromotionTask', skip);
  }
}

function* templates(bundle: Bundle, stage: BundleObject, skip: Skip): Generator<Draft> {
  const path: Path = ['spec', 'verification', 'analysisTemplates'];
  for (const [index, template] of items(valueAt(stage.value, path)).entries()) {
    const name: Path = [...path, index, 'name'];
    if (text(fields(template)['kind']) !== 'ClusterAnalysisTemplate') {
      yield* unknown(bundle, stage, name, ANALYSIS_TEMPLATE);
    } else outsideProject(bundle, stage, name, 'ClusterAnalysisTemplate', skip);
  }
}

function* policies(bundle: Bundle, config: BundleObject): Generator<Draft> {
  const path: Path = ['spec', 'promotionPolicies'];
  for (const [index, policy] of items(valueAt(config.value, path)).entries()) {
    const selector: Path = [...path, index, 'stageSelector', 'name'];
    // `glob:` and `regex:` select by pattern.
    if (!/^(glob|regexp?):/.test(text(valueAt(policy, ['stageSelector', 'name'])))) {
      yield* unknown(bundle, config, selector, STAGE);
    }
    yield* unknown(bundle, config, [...path, index, 'stage'], STAGE);
  }
}

interface Target {
  readonly rule: RuleName;
  readonly group: string;
  readonly kind: string;
  readonly consequence: string;
}

const WAREHOUSE: Target = {
  rule: 'kargo/unknown-warehouse',
  group: KARGO,
  kind: 'Warehouse',
  consequence: 'no Freight ever comes',
};
const STAGE: Target = {
  rule: 'kargo/unknown-stage',
  group: KARGO,
  kind: 'Stage',
  consequence: 'what is written for it never takes effect',
};
const TASK: Target = {
  rule: 'kargo/unknown-task',
  group: KARGO,
  kind: 'PromotionTask',
  consequence: 'no Promotion of this Stage can be created',
};
const ANALYSIS_TEMPLATE: Target = {
  rule: 'kargo/unknown-analysis-template',
  group: 'argoproj.io',
  kind: 'AnalysisTemplate',
  consequence: 'verification ends in an error once the release is already running',
};

type Skip = Parameters<Check>[0]['skip'];

function* unknown(
  bundle: Bundle,
  from: BundleObject,
  path: Path,
  { rule, group, kind, consequence }: Target,
): Generator<Draft> {
  const name = text(valueAt(from.value, path));
  if (name === '') return;
  const known = objectsOf(bundle, group, kind).filter((object) => together(from, object));
  if (known.some((object) => object.name === name)) return;
  const where = from.namespace === '' ? '' : ` in namespace ${from.namespace}`;
  yield {
    rule,
    at: from.at(path),
    message: `${from.kind} ${from.name} names ${kind} ${name}, which is not there${where}: ${consequence}`,
    fix: adviceOn(name, known, kind),
  };
}

/** Objects of the whole cluster may be delivered by others. */
function outsideProject(
  bundle: Bundle,
  from: BundleObject,
  path: Path,
  kind: string,
  skip: Skip,
): void {
  const name = text(valueAt(from.value, path));
  if (bundle.objects.some((object) => object.kind === kind && object.name === name)) return;
  const { file, line } = from.at(path);
  skip({
    what: `${file}:${line}: ${kind} ${name}`,
    why: 'it belongs to the whole cluster and is not in this bundle',
  });
}
