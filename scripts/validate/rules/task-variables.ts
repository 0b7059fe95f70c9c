import { fields, items, text, valueAt } from '../fields.ts';
import { objectsOf, together } from '../lookup.ts';
import type { Check } from '../rule.ts';
import { KARGO, writtenSteps } from '../written-steps.ts';

/** A task's variable without a value must get one from the Stage, or no Promotion can be created. */
export const checkTaskVariables: Check = function* ({ bundle }) {
  for (const stage of objectsOf(bundle, KARGO, 'Stage')) {
    const ofStage = [
      ...namesWithValue(valueAt(stage.value, ['spec', 'vars'])),
      ...namesWithValue(valueAt(stage.value, ['spec', 'promotionTemplate', 'spec', 'vars'])),
    ];
    for (const { path, value } of writtenSteps(stage)) {
      const { kind = 'PromotionTask', name } = fields(value['task']);
      const task = objectsOf(bundle, KARGO, text(kind)).find(
        (object) => object.name === name && together(stage, object),
      );
      const given = new Set([...ofStage, ...namesWithValue(value['vars'])]);
      for (const declared of items(valueAt(task?.value, ['spec', 'vars'])).map(fields)) {
        const variable = text(declared['name']);
        if (text(declared['value']) !== '' || given.has(variable)) continue;
        yield {
          rule: 'kargo/variable-missing',
          at: stage.at([...path, 'task', 'name']),
          message: `${text(kind)} ${text(name)} needs the variable ${variable}, and Stage ${stage.name} gives it no value: no Promotion of this Stage can be created`,
          fix: `add ${variable} to spec.vars of the Stage, or to vars of this step`,
        };
      }
    }
  }
};

function namesWithValue(variables: unknown): readonly string[] {
  return items(variables)
    .map(fields)
    .filter(({ value }) => text(value) !== '')
    .map(({ name }) => text(name));
}
