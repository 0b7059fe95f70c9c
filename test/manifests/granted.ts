import type { PolicyRule } from '../../runtime/gates/kubernetes/permissions.ts';
import { PROJECT } from '../../scripts/settings/names.ts';
import { type RenderedObject, render } from './render.ts';

/** `verb resource` of each rule, sorted. */
export function verbsOf(rules: readonly PolicyRule[]): readonly string[] {
  return rules
    .flatMap((rule) =>
      rule.verbs.flatMap((verb) => rule.resources.map((resource) => `${verb} ${resource}`)),
    )
    .sort();
}

/** What the Roles bound to a ServiceAccount of the Project allow in one render. */
export function rulesGranted(kustomization: string, account: string): readonly PolicyRule[] {
  return rolesOf(kustomization, account).flatMap((role) => role['rules'] as readonly PolicyRule[]);
}

/** The same as `verb resource in namespace`, sorted; every Role is bound where it stands. */
export function accessGranted(kustomization: string, account: string): readonly string[] {
  return rolesOf(kustomization, account)
    .flatMap((role) =>
      verbsOf(role['rules'] as readonly PolicyRule[]).map(
        (one) => `${one} in ${role.metadata.namespace}`,
      ),
    )
    .sort();
}

function rolesOf(kustomization: string, account: string): readonly RenderedObject[] {
  const objects = render(kustomization);
  const names = objects
    .filter((object) => object.kind === 'RoleBinding')
    .filter((binding) =>
      (binding['subjects'] as readonly { name: string; namespace: string }[]).some(
        (subject) => subject.name === account && subject.namespace === PROJECT,
      ),
    )
    .map((binding) => (binding['roleRef'] as { name: string }).name);
  return objects.filter((object) => object.kind === 'Role' && names.includes(object.metadata.name));
}
