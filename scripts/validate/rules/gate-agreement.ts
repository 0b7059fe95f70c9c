import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { gatesOf } from '../gates.ts';
import { type KnownScope, knownText } from '../known-text.ts';
import { adviceOn, objectsOf } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { Location, Path } from '../source-file.ts';
import { KARGO } from '../written-steps.ts';

const ADMISSION = 'admissionregistration.k8s.io';

/**
 * The market gate in a Stage and the admission policy decide the same question from two copies of one calendar and from
 * one ticket. Where they differ, one lets through what the other refuses.
 */
export const checkGateAgreement: Check = function* ({ bundle, house }) {
  if (!house) return;
  for (const policy of objectsOf(bundle, ADMISSION, 'ValidatingAdmissionPolicy')) {
    const binding = objectsOf(bundle, ADMISSION, 'ValidatingAdmissionPolicyBinding').find(
      ({ value }) => valueAt(value, ['spec', 'policyName']) === policy.name,
    );
    // Without a binding it decides nothing (kargo/components/waiting-gate).
    if (binding === undefined) continue;
    for (const { name, path } of stagesIn(policy)) {
      yield* ofStage(bundle, policy, binding, name, policy.at(path));
    }
  }
};

function stagesIn(policy: BundleObject): readonly { readonly name: string; readonly path: Path }[] {
  return items(valueAt(policy.value, ['spec', 'matchConditions'])).flatMap((condition, index) => {
    const expression = text(fields(condition)['expression']);
    return [...expression.matchAll(/\bobject\.spec\.stage == '([^']*)'/g)].map(([, name = '']) => ({
      name,
      path: ['spec', 'matchConditions', index, 'expression'],
    }));
  });
}

function* ofStage(
  bundle: Bundle,
  policy: BundleObject,
  binding: BundleObject,
  name: string,
  at: Location,
): Generator<Draft> {
  const stages = objectsOf(bundle, KARGO, 'Stage');
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) {
    const message = `ValidatingAdmissionPolicy ${policy.name} looks at promotions of Stage ${name}, which is not there: it refuses nothing`;
    yield disagreement(at, message, adviceOn(name, stages, 'Stage'));
    return;
  }
  const gates = gatesOf(bundle, stage).filter(({ timely }) => timely);
  const scopes = gates.flatMap(({ steps }) => steps.slice(0, 1).map(({ scope }) => scope));
  if (scopes.length === 0) {
    const message = `ValidatingAdmissionPolicy ${policy.name} looks at promotions of Stage ${name}, which has no gate that asks for the time`;
    yield disagreement(at, message, 'add the market gate to the Stage, or take the Stage out here');
  }
  for (const scope of scopes) {
    const ticket = nameIn(scope, 'breakGlass');
    const param = text(valueAt(binding.value, ['spec', 'paramRef', 'name']));
    if (ticket !== null && param !== '' && ticket.value !== param) {
      yield disagreement(
        binding.at(['spec', 'paramRef', 'name']),
        `the admission policy reads the ticket in ConfigMap ${param}, the gate of Stage ${name} in ConfigMap ${ticket.value}`,
        'name one ConfigMap in both',
      );
    }
    yield* calendars(bundle, policy, stage, nameIn(scope, 'calendar'));
  }
}

/** The value of a variable of the gate, where it can be told. */
function nameIn(
  scope: KnownScope,
  variable: string,
): { readonly value: string; readonly at: Location } | null {
  const definition = scope.variables.findLast(({ name }) => name === variable);
  return definition === undefined ? null : knownText(definition.object, definition.path, scope);
}

/** `'2026-01-02': '14:30-21:00|…'` of the policy, and `"2026-01-02": "14:30-21:00"` of the ConfigMap. */
const SESSION = /'(\d{4}-\d\d-\d\d)': '([^'|]*)/g;
const DATE = /^\d{4}-\d\d-\d\d$/;

function* calendars(
  bundle: Bundle,
  policy: BundleObject,
  stage: BundleObject,
  calendar: ReturnType<typeof nameIn>,
): Generator<Draft> {
  if (calendar === null) return;
  const configMaps = objectsOf(bundle, '', 'ConfigMap').filter(
    ({ namespace }) => namespace === stage.namespace,
  );
  const map = configMaps.find(({ name }) => name === calendar.value);
  if (map === undefined) {
    const message = `the gate of Stage ${stage.name} decides from ConfigMap ${calendar.value}, which is not there`;
    yield disagreement(calendar.at, message, adviceOn(calendar.value, configMaps, 'ConfigMap'));
    return;
  }
  const written = items(valueAt(policy.value, ['spec', 'variables']))
    .map(fields)
    .find(({ name }) => name === 'sessions');
  const sessions = new Map(
    [...text(written?.['expression']).matchAll(SESSION)].map(([, day = '', hours = '']) => [
      day,
      hours,
    ]),
  );
  const data = fields(map.value['data']);
  const days = Object.keys(data).filter((key) => DATE.test(key));
  const differing = [...new Set([...days, ...sessions.keys()])]
    .toSorted()
    .find((day) => (sessions.get(day) ?? 'closed') !== (data[day] ?? 'closed'));
  if (differing === undefined) return;
  yield disagreement(
    map.at(['data', differing]),
    `on ${differing} ConfigMap ${map.name} says ${text(data[differing]) || 'nothing'}, and the admission policy ${policy.name} ${sessions.get(differing) ?? 'closed'}`,
    'run npm run calendar, which writes both',
  );
}

function disagreement(at: Location, message: string, fix: string): Draft {
  return { rule: 'orderbooks/gates-disagree', at, message, fix };
}
