import { suggestion } from '../../../runtime/config/suggestion.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import { objectsOf, together } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { KARGO } from '../written-steps.ts';

const ARGUMENTS: Path = ['spec', 'verification', 'args'];
const TEMPLATES: Path = ['spec', 'verification', 'analysisTemplates'];

/** Arguments that a template does not declare vanish; one that it declares and nobody gives ends verification in an error. */
export const checkVerificationArguments: Check = function* ({ bundle }) {
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    const templates = templatesOf(bundle, stage);
    if (templates === null) continue;
    const declared = templates.flatMap(({ value }) =>
      items(valueAt(value, ['spec', 'args'])).map(fields),
    );
    const names = declared.map(({ name }) => text(name));
    const given = items(valueAt(stage.value, ARGUMENTS)).map(fields);
    for (const [index, argument] of given.entries()) {
      const name = text(argument['name']);
      if (names.includes(name)) continue;
      const near = suggestion(name, names);
      yield {
        rule: 'kargo/argument-not-declared',
        at: stage.at([...ARGUMENTS, index, 'name']),
        message: `${listed(templates)} declares no argument ${name}: its value is dropped without a word`,
        fix:
          near === null ? `declare it in spec.args there, or remove it` : `did you mean ${near}?`,
      };
    }
    // An empty value is as good as none.
    const filled = given.filter(({ value }) => text(value) !== '').map(({ name }) => text(name));
    for (const name of new Set(names)) {
      const ofTemplates = declared.filter((argument) => argument['name'] === name);
      const hasDefault = ofTemplates.some(
        (argument) => Object.hasOwn(argument, 'value') || Object.hasOwn(argument, 'valueFrom'),
      );
      if (hasDefault || filled.includes(name)) continue;
      const written = given.findIndex((argument) => argument['name'] === name);
      yield {
        rule: 'kargo/argument-missing',
        at: written < 0 ? stage.atKey(ARGUMENTS) : stage.at([...ARGUMENTS, written, 'value']),
        message: `${listed(templates)} needs the argument ${name}, and Stage ${stage.name} gives it no value: verification ends in an error once the release is already running`,
        fix: `add ${name} with a value to spec.verification.args`,
      };
    }
  }
};

/** The templates that verify a Stage; null where there are none, or one is not in this bundle. */
function templatesOf(bundle: Bundle, stage: BundleObject): readonly BundleObject[] | null {
  const references = items(valueAt(stage.value, TEMPLATES)).map(fields);
  const found = references.map(({ kind = 'AnalysisTemplate', name }) =>
    objectsOf(bundle, 'argoproj.io', text(kind)).find(
      (object) => object.name === name && together(stage, object),
    ),
  );
  const known = found.filter((template) => template !== undefined);
  return known.length === 0 || known.length < found.length ? null : known;
}

function listed(templates: readonly BundleObject[]): string {
  return templates.map(({ kind, name }) => `${kind} ${name}`).join(' or ');
}
