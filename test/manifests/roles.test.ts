import { describe, expect, it } from 'vitest';
import {
  ARGOCD_RULES,
  type PolicyRule,
  PROJECT_RULES,
  STAGE_RULES,
  WORKLOAD_RULES,
} from '../../runtime/gates/kubernetes/permissions.ts';
import { render } from './render.ts';

const VERIFIER = 'orderbooks-verifier';

describe('the verifier may do what the gates do and nothing else', () => {
  // Which pod it may delete there is said by the admission policy orderbooks-verifier-pods.
  it.each(['canary', 'full'])('in the namespace of the workloads of %s', (stage) => {
    expect(granted(`gitops/overlays/${stage}`)).toEqual(verbs(WORKLOAD_RULES));
  });

  it('in the namespace of Argo CD', () => {
    expect(granted('argocd')).toEqual(verbs(ARGOCD_RULES));
  });

  it('in the project, where the evidence is kept', () => {
    expect(granted('kargo')).toEqual(verbs([...PROJECT_RULES, ...STAGE_RULES]));
  });
});

/** What the Roles bound to the verifier in one render allow, sorted. */
function granted(kustomization: string): readonly string[] {
  const objects = render(kustomization);
  const roles = objects
    .filter((object) => object.kind === 'RoleBinding')
    .filter((binding) =>
      (binding['subjects'] as readonly { name: string; namespace: string }[]).some(
        (subject) => subject.name === VERIFIER && subject.namespace === 'orderbooks-delivery',
      ),
    )
    .map((binding) => (binding['roleRef'] as { name: string }).name);
  return verbs(
    objects
      .filter((object) => object.kind === 'Role' && roles.includes(object.metadata.name))
      .flatMap((role) => role['rules'] as readonly PolicyRule[]),
  );
}

function verbs(rules: readonly PolicyRule[]): readonly string[] {
  return rules
    .flatMap((rule) =>
      rule.verbs.flatMap((verb) => rule.resources.map((resource) => `${verb} ${resource}`)),
    )
    .sort();
}
