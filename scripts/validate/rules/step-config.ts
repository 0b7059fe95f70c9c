import { KARGO_STEP_KINDS } from '../../kargo/steps/index.ts';
import { text } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import { schemaFaults } from '../schema-faults.ts';
import type { Path } from '../source-file.ts';
import { type WrittenStep, writtenSteps } from '../written-steps.ts';

/** The CRD leaves `config` open; Kargo looks at it when the step's turn comes. Expressions count as any type. */
export const checkStepConfigs: Check = function* ({ bundle }) {
  for (const step of bundle.objects.flatMap(writtenSteps)) {
    const kind = text(step.value['uses']);
    if (KARGO_STEP_KINDS.has(kind)) yield* configDrafts(step, kind);
  }
};

function* configDrafts({ object, path, value }: WrittenStep, kind: string): Generator<Draft> {
  const config = value['config'];
  const here: Path = [...path, 'config'];
  const fix = `see https://docs.kargo.io/user-guide/reference-docs/promotion-steps/${kind}`;
  if (config === undefined || config === null) {
    yield {
      rule: 'kargo/step-config',
      at: object.at(here),
      message: `step ${kind} has no config; Kargo refuses that even where every field may be left out`,
      fix,
    };
    return;
  }
  for (const fault of schemaFaults(`steps/${kind}.json`, config)) {
    const at = [...here, ...fault.path];
    yield {
      rule: 'kargo/step-config',
      at: fault.atKey ? object.atKey(at) : object.at(at),
      message: `step ${kind}: ${['config', ...fault.path].join('.')}: ${fault.problem}`,
      fix: `${fault.fix}; ${fix}`,
    };
  }
}
