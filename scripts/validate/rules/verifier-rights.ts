import { parse } from 'yaml';
import { combined, GATES } from '../../../runtime/gates/gates.ts';
import type { NeededRights } from '../../../runtime/gates/kubernetes/access-review.ts';
import { neededRights } from '../../../runtime/gates/needed-rights.ts';
import { policy } from '../../../runtime/gates/policy.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { type Verification, verificationsIn } from '../verifications.ts';

/**
 * The verifier has every right that the checks of its gates need, and no other. What they need is declared beside the code
 * that asks (runtime/gates/kubernetes/permissions.ts), and tests compare that with what runs ask for.
 */
export const checkVerifierRights: Check = function* ({ bundle, house }) {
  if (!house) return;
  const needs = new Map<string, { readonly right: Right; readonly of: Verification }>();
  for (const verification of verificationsIn(bundle)) {
    for (const right of needed(verification)) {
      const key = keyOf(verification.template.namespace, verification.serviceAccount, right);
      if (!needs.has(key)) needs.set(key, { right, of: verification });
    }
  }
  for (const { right, of } of needs.values()) yield* missing(bundle, right, of);
  const seen = new Set<string>();
  for (const { of, right } of needs.values()) {
    const account = `${of.template.namespace}/${of.serviceAccount}/${right.namespace}`;
    if (seen.has(account)) continue;
    seen.add(account);
    for (const grant of grantsTo(bundle, of, right.namespace)) {
      if (needs.has(keyOf(of.template.namespace, of.serviceAccount, grant))) continue;
      yield {
        rule: 'orderbooks/verifier-rights',
        at: grant.role.at(grant.path),
        message: `Role ${grant.role.name} lets ServiceAccount ${of.serviceAccount} ${shown(grant)} in namespace ${grant.namespace}, which no check of its gates does`,
        fix: 'remove the verb, or the whole rule',
      };
    }
  }
};

interface Right {
  readonly namespace: string;
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** Of the one object it is about, where that is known. */
  readonly name?: string | undefined;
}

interface Grant extends Right {
  readonly role: BundleObject;
  /** Where the verb stands. */
  readonly path: Path;
  /** Empty for all. */
  readonly names: readonly string[];
}

function needed({ options, policy: written }: Verification): readonly Right[] {
  const option = (name: string): string => options.get(name) ?? '';
  const gates = option('gate')
    .split(',')
    .flatMap((name) => GATES[name] ?? []);
  const demanded = policy.safeParse(written === null ? {} : parse(written));
  // A policy that is none has findings of its own.
  if (gates.length === 0 || !demanded.success) return [];
  const subject = {
    project: option('project'),
    stage: option('stage'),
    namespace: option('namespace'),
    productionNamespace: option('production-namespace'),
    imageDigest: '',
    commit: '',
  };
  return neededRights({ gate: combined(gates), subject, policy: demanded.data }, true)
    .filter(({ namespace }) => namespace !== '')
    .flatMap(rightsOf);
}

function rightsOf({ namespace, rules, name }: NeededRights): readonly Right[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({ namespace, group, resource, verb, name })),
      ),
    ),
  );
}

function* missing(bundle: Bundle, right: Right, of: Verification): Generator<Draft> {
  const grants = grantsTo(bundle, of, right.namespace);
  const { name } = right;
  const isGranted = grants.some(
    (grant) =>
      isSame(grant, right) &&
      (grant.names.length === 0 || (name !== undefined && grant.names.includes(name))),
  );
  if (isGranted) return;
  // The nearest place to add it: the rule about the resource, any Role of the verifier there, or the Job itself.
  const near = grants.find(({ group, resource }) => isSameResource({ group, resource }, right));
  const at =
    near?.role.at(near.path.slice(0, -1)) ??
    grants[0]?.role.at(['rules']) ??
    of.template.at([...of.pod, 'serviceAccountName']);
  yield {
    rule: 'orderbooks/verifier-rights',
    at,
    message: `the gates ${of.options.get('gate') ?? ''} of Stage ${of.stage.name} ${shown(right)} in namespace ${right.namespace}, which ServiceAccount ${of.serviceAccount} may not: each verification would fail there`,
    fix: `add the verb ${right.verb} to a rule of a Role that is bound to it there`,
  };
}

const RBAC = 'rbac.authorization.k8s.io';

/** What Roles let the ServiceAccount of a verification do in a namespace. */
function grantsTo(
  bundle: Bundle,
  { template, serviceAccount }: Verification,
  namespace: string,
): readonly Grant[] {
  const bound = rbacObjects(bundle, 'RoleBinding').filter(
    (binding) =>
      binding.namespace === namespace &&
      items(binding.value['subjects'])
        .map(fields)
        .some(
          (subject) =>
            subject['kind'] === 'ServiceAccount' &&
            subject['name'] === serviceAccount &&
            subject['namespace'] === template.namespace,
        ),
  );
  const names = new Set(bound.map(({ value }) => text(valueAt(value, ['roleRef', 'name']))));
  return rbacObjects(bundle, 'Role')
    .filter((role) => role.namespace === namespace && names.has(role.name))
    .flatMap((role) => grantsOf(role, namespace));
}

/** Also those without apiVersion, which is a finding of its own; it should not look like missing rights. */
function rbacObjects(bundle: Bundle, kind: string): readonly BundleObject[] {
  return bundle.objects.filter(
    (object) => object.kind === kind && (object.group === RBAC || object.apiVersion === ''),
  );
}

function grantsOf(role: BundleObject, namespace: string): readonly Grant[] {
  return items(role.value['rules']).flatMap((value, index) => {
    const rule = fields(value);
    const names = items(rule['resourceNames']).map(text);
    return items(rule['apiGroups']).flatMap((group) =>
      items(rule['resources']).flatMap((resource) =>
        items(rule['verbs']).map((verb, position) => ({
          role,
          path: ['rules', index, 'verbs', position],
          namespace,
          group: text(group),
          resource: text(resource),
          verb: text(verb),
          names,
        })),
      ),
    );
  });
}

function isSame(grant: Grant, right: Right): boolean {
  return isSameResource(grant, right) && (grant.verb === right.verb || grant.verb === '*');
}

function isSameResource(
  grant: Pick<Right, 'group' | 'resource'>,
  right: Pick<Right, 'group' | 'resource'>,
): boolean {
  return (
    (grant.group === right.group || grant.group === '*') &&
    (grant.resource === right.resource || grant.resource === '*')
  );
}

function keyOf(from: string, account: string, { namespace, group, resource, verb }: Right): string {
  return [from, account, namespace, group, resource, verb].join('\n');
}

function shown({ group, resource, verb }: Right): string {
  return `${verb} ${group === '' ? resource : `${resource}.${group}`}`;
}
