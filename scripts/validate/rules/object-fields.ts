import type { z } from 'zod';
import { knownKeys } from '../../../runtime/config/schema-keys.ts';
import { suggestion } from '../../../runtime/config/suggestion.ts';
import {
  analysisTemplate,
  projectConfig,
  promotionTask,
  stage,
  warehouse,
} from '../../kargo/objects.ts';
import { admitStageOrTask } from '../../kargo/stage-admission.ts';
import type { BundleObject } from '../bundle.ts';
import { shown, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { RuleName } from '../rule-names.ts';
import type { Path } from '../source-file.ts';
import { KARGO } from '../written-steps.ts';

/** Fields of Kargo's and Rollouts' objects, then what Kargo's admission says to a Stage or task. */
export const checkObjectFields: Check = function* ({ bundle }) {
  for (const object of bundle.objects) {
    const known = SCHEMAS[`${object.group}/${object.kind}`];
    if (known === undefined) continue;
    const result = known.schema.safeParse(object.value);
    if (!result.success) {
      for (const issue of result.error.issues) yield* issueDrafts(object, known, issue);
    } else if (ADMITTED.has(object.kind)) yield* refusal(object);
  }
};

interface Known {
  readonly schema: z.ZodType;
  readonly rule: RuleName;
}

const ROLLOUTS = 'argoproj.io';
const SCHEMAS: Readonly<Record<string, Known>> = {
  [`${KARGO}/Stage`]: kargo(stage),
  [`${KARGO}/PromotionTask`]: kargo(promotionTask),
  [`${KARGO}/ClusterPromotionTask`]: kargo(promotionTask),
  [`${KARGO}/Warehouse`]: kargo(warehouse),
  [`${KARGO}/ProjectConfig`]: kargo(projectConfig),
  [`${ROLLOUTS}/AnalysisTemplate`]: rollouts(analysisTemplate),
  [`${ROLLOUTS}/ClusterAnalysisTemplate`]: rollouts(analysisTemplate),
};
const ADMITTED: ReadonlySet<string> = new Set(['Stage', 'PromotionTask', 'ClusterPromotionTask']);

function kargo(schema: z.ZodType): Known {
  return { schema, rule: 'kargo/object-invalid' };
}

function rollouts(schema: z.ZodType): Known {
  return { schema, rule: 'rollouts/object-invalid' };
}

function* issueDrafts(
  object: BundleObject,
  { schema, rule }: Known,
  issue: z.core.$ZodIssue,
): Generator<Draft> {
  const path = issue.path.filter((key) => typeof key !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path);
    for (const key of issue.keys) {
      const near = suggestion(key, known);
      yield {
        rule,
        at: object.atKey([...path, key]),
        message: `${object.kind} ${object.name}: ${dotted([...path, key])}: no such field; the API server drops it without a word`,
        fix: near === null ? `fields here are: ${known.join(', ')}` : `did you mean ${near}?`,
      };
    }
    return;
  }
  const seen = valueAt(object.value, path);
  const expected = issue.message.replace(/^Invalid input: /, '').replace(/, received .*$/, '');
  yield {
    rule,
    at: object.at(path),
    message: `${object.kind} ${object.name}: ${dotted(path)}: ${expected}; ${seen === undefined ? 'there is nothing' : `got ${shown(seen)}`}`,
    fix:
      seen === undefined
        ? 'add it'
        : typeof seen !== 'object' && expected.includes('expected string')
          ? 'put the value in quotes'
          : 'write a value of the expected form',
  };
}

function* refusal(object: BundleObject): Generator<Draft> {
  const refused = admitStageOrTask(object.value);
  if (refused === null) return;
  const path = pathIn(refused.message);
  yield {
    rule: 'kargo/object-refused',
    at: path === null ? object.at(['metadata', 'name']) : object.at(path),
    message: `Kargo refuses it: ${refused.message}`,
    fix: 'correct the field that the message names',
  };
}

/** The first field that the message of a refusal names. */
function pathIn(message: string): Path | null {
  const named = /\b(?:spec|metadata)(?:\.\w+|\[\d+\])+/.exec(message)?.[0];
  if (named === undefined) return null;
  return [...named.matchAll(/\w+/g)].map(([key]) => (/^\d+$/.test(key) ? Number(key) : key));
}

function dotted(path: Path): string {
  return path.length === 0 ? '(the whole object)' : path.join('.');
}
