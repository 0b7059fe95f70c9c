import { suggestion } from '../../../runtime/config/suggestion.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { expressionsIn } from '../expression-text.ts';
import { usesIn } from '../expression-uses.ts';
import { isFields } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { FUNCTIONS } from '../functions.ts';
import { type Namespace, namespaceOf } from '../namespaces.ts';
import type { Check } from '../rule.ts';
import type { RuleName } from '../rule-names.ts';
import { type Template, templatesOf } from '../templates.ts';

/** A name that is not there is nil: the text it goes into silently holds nothing, or a promotion ends half-way. */
export const checkExpressionNames: Check = function* ({ bundle }) {
  for (const object of bundle.objects) {
    for (const template of templatesOf(object)) yield* unknownNames(bundle, object, template);
  }
};

function* unknownNames(bundle: Bundle, object: BundleObject, template: Template): Generator<Draft> {
  const { place, path, text } = template;
  const sources =
    place === 'criteria' ? [{ source: text, from: 0 }] : expressionsIn(text).expressions;
  if (sources.length === 0) return;
  const known = namespaceOf(bundle, object, template);
  for (const { source, from } of sources) {
    // One that does not parse is said by kargo/expression.
    for (const { path: name, called, at } of usesIn(source, FUNCTIONS[place]) ?? []) {
      if (called) continue;
      const fault = faultOf(name, known);
      if (fault === null) continue;
      yield { ...fault, at: object.atText(path, from + at) };
    }
  }
}

function faultOf(name: readonly string[], known: Namespace): Omit<Draft, 'at'> | null {
  const [root = '', ...rest] = name;
  const whole = name.join('.');
  if (root === '$env') return null;
  if (!Object.hasOwn(known, root)) {
    return fault('kargo/unknown-name', `there is no ${root} in this place`, root, known);
  }
  let here: unknown = known[root];
  for (const [index, member] of rest.entries()) {
    // Whatever may stand below: nothing is known of it.
    if (!isFields(here)) return null;
    if (!Object.hasOwn(here, member)) {
      const rule = RULES[name[0] === 'task' ? 'outputs' : root] ?? 'kargo/unknown-name';
      const parent = name.slice(0, index + 1).join('.');
      return fault(rule, `${whole}: ${parent} has no ${member} in this place`, member, here);
    }
    here = here[member];
  }
  return null;
}

const RULES: Readonly<Record<string, RuleName>> = {
  vars: 'kargo/unknown-variable',
  outputs: 'kargo/unknown-output',
};

function fault(
  rule: RuleName,
  message: string,
  seen: string,
  known: Readonly<Record<string, unknown>>,
): Omit<Draft, 'at'> {
  const there = Object.keys(known).toSorted();
  const near = suggestion(seen, there);
  return {
    rule,
    message: `${message}: it is nil while a promotion runs`,
    fix:
      near === null
        ? `there ${there.length === 0 ? 'is nothing' : `are: ${there.join(', ')}`}`
        : `did you mean ${near}?`,
  };
}
