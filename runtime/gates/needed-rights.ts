import type { Gate } from './gates.ts';
import type { NeededRights } from './kubernetes/access-review.ts';
import {
  ARGOCD_NAMESPACE,
  ARGOCD_RULES,
  type PolicyRule,
  PRODUCTION_RULES,
  PROJECT_RULES,
  STAGE_RULES,
  WORKLOAD_RULES,
} from './kubernetes/permissions.ts';
import type { Terms } from './terms.ts';

/** What a run will ask of the API server, by namespace. `records` runs write their evidence into the Project. */
export function neededRights(
  { gate, subject, policy }: Pick<Terms, 'gate' | 'subject' | 'policy'>,
  records: boolean,
): readonly NeededRights[] {
  const has = (fact: string): boolean => gate.acts.some((act) => act.fact === fact);
  const delivery = has('delivery');
  return [
    {
      namespace: subject.namespace,
      rules: deletesPods(gate, policy.restart) ? WORKLOAD_RULES : withoutDeletingPods(),
    },
    ...(subject.productionNamespace === subject.namespace
      ? []
      : has('comparison')
        ? [{ namespace: subject.productionNamespace, rules: withoutDeletingPods() }]
        : has('collectorBefore')
          ? [{ namespace: subject.productionNamespace, rules: PRODUCTION_RULES }]
          : []),
    ...(records ? [{ namespace: subject.project, rules: PROJECT_RULES }] : []),
    ...(delivery || records
      ? [{ namespace: subject.project, rules: STAGE_RULES, name: subject.stage }]
      : []),
    ...(delivery
      ? [{ namespace: ARGOCD_NAMESPACE, rules: ARGOCD_RULES, name: `orderbooks-${subject.stage}` }]
      : []),
  ];
}

function deletesPods(gate: Gate, restart: 'provoke' | 'observe'): boolean {
  return gate.acts.some(
    (act) => act.fact === 'collectorRestart' || (act.fact === 'restart' && restart === 'provoke'),
  );
}

function withoutDeletingPods(): readonly PolicyRule[] {
  return WORKLOAD_RULES.map((rule) =>
    rule.resources.includes('pods')
      ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'delete') }
      : rule,
  );
}
