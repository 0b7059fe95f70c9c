import { matchesGlob } from 'node:path';
import { OrderbooksError } from '../../runtime/errors.ts';
import { isFreightAvailable } from './availability.ts';
import type { ProjectConfig, PromotionPolicy, Stage } from './objects.ts';
import type { FreightRecord } from './project.ts';

/** Whether the ProjectConfig turns auto-promotion on for a Stage: the first policy that matches decides. */
export function isAutoPromotionEnabled(config: ProjectConfig | null, stage: Stage): boolean {
  const policy = config?.spec.promotionPolicies.find((candidate) => matches(candidate, stage));
  return policy?.autoPromotionEnabled ?? false;
}

/**
 * For each requested origin (by Warehouse name) the Freight that auto-promotion would take: the newest available one
 * by discovery, never by version. Whether it is promoted is decided elsewhere (holds, earlier failures).
 */
export function autoPromotionCandidates(
  stage: Stage,
  records: readonly FreightRecord[],
  now: number,
): ReadonlyMap<string, FreightRecord> {
  const candidates = new Map<string, FreightRecord>();
  for (const request of stage.spec.requestedFreight) {
    const matchUpstream = request.sources.autoPromotionOptions?.selectionPolicy === 'MatchUpstream';
    const upstream = request.sources.stages[0];
    const available = records
      .filter((record) => record.freight.origin.name === request.origin.name)
      .filter((record) => isFreightAvailable(stage, record, now))
      .filter(
        (record) =>
          !matchUpstream ||
          (upstream !== undefined && Object.hasOwn(record.status.currentlyIn, upstream)),
      )
      .sort(newestFirst);
    const newest = available[0];
    // Two Freight upstream at once is a moment between two status writes; Kargo waits for the next look.
    if (newest === undefined || (matchUpstream && available.length > 1)) continue;
    candidates.set(request.origin.name, newest);
  }
  return candidates;
}

function newestFirst(left: FreightRecord, right: FreightRecord): number {
  if (left.discoveredAt !== right.discoveredAt) return right.discoveredAt - left.discoveredAt;
  return left.freight.name < right.freight.name ? 1 : -1;
}

function matches(policy: PromotionPolicy, stage: Stage): boolean {
  const selector = policy.stageSelector ?? { name: policy.stage ?? '' };
  const { name, matchLabels, matchExpressions } = selector;
  if (name !== undefined && name !== '' && !nameMatches(name, stage.metadata.name)) return false;
  const labels = stage.metadata.labels ?? {};
  const labelsMatch = Object.entries(matchLabels ?? {}).every(
    ([key, value]) => labels[key] === value,
  );
  return (
    labelsMatch &&
    (matchExpressions ?? []).every((expression) =>
      requirementMatches(expression, labels[expression.key]),
    )
  );
}

type Requirement = NonNullable<
  NonNullable<PromotionPolicy['stageSelector']>['matchExpressions']
>[number];

function requirementMatches({ operator, values }: Requirement, label: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return label !== undefined && values.includes(label);
    case 'NotIn':
      return label === undefined || !values.includes(label);
    case 'Exists':
      return label !== undefined;
    case 'DoesNotExist':
      return label === undefined;
  }
}

function nameMatches(pattern: string, name: string): boolean {
  if (pattern.startsWith('glob:')) return matchesGlob(name, pattern.slice('glob:'.length));
  const regex = /^regexp?:(.*)$/su.exec(pattern)?.[1];
  if (regex === undefined) return pattern === name;
  try {
    return new RegExp(regex, 'u').test(name);
  } catch (error) {
    throw new OrderbooksError(
      'PROMOTION_POLICY_PATTERN_INVALID',
      `expected a regular expression in the name of a promotion policy's stageSelector, got ${JSON.stringify(pattern)}; correct it in the ProjectConfig`,
      { cause: error },
    );
  }
}
