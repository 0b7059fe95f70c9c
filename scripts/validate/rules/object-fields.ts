import { suggestion } from '../../../runtime/config/suggestion.ts';
import { admitStageOrTask } from '../../kargo/stage-admission.ts';
import type { BundleObject } from '../bundle.ts';
import { isFields } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { RuleName } from '../rule-names.ts';
import { type SchemaFault, schemaFaults } from '../schema-faults.ts';
import { isValid, knownKinds } from '../schema-store.ts';
import type { Path } from '../source-file.ts';
import { KARGO } from '../written-steps.ts';

/** Every object against the schema of its kind, then what Kargo's admission says to a Stage or task. */
export const checkObjectFields: Check = function* ({ bundle, skip }) {
  for (const object of bundle.objects) {
    if (object.apiVersion === '' || object.kind === '') continue;
    const known = knownKinds().get(`${object.apiVersion}/${object.kind}`);
    if (known === undefined) {
      const unknown = unknownKind(object);
      if (unknown !== null) yield unknown;
      else {
        skip({
          what: `${object.at([]).file}: ${object.kind} of ${object.apiVersion}`,
          why: 'there is no schema of this kind here',
        });
      }
      continue;
    }
    const faults = isValid(known.schema, object.value)
      ? []
      : schemaFaults(known.schema, withoutNulls(object.value)).filter(
          (fault) => !isSaidElsewhere(object, fault),
        );
    for (const fault of faults) yield draft(object, fault);
    if (faults.length === 0 && ADMITTED.has(object.kind)) yield* refusal(object);
  }
};

const ARGOPROJ = 'argoproj.io';
const ADMITTED: ReadonlySet<string> = new Set(['Stage', 'PromotionTask', 'ClusterPromotionTask']);

/** A kind that its group does not have; null where the group is not known here. */
function unknownKind(object: BundleObject): Draft | null {
  const { apiVersion, group, kind } = object;
  const sameGroup = [...knownKinds().keys()].filter((key) => groupOf(key) === group);
  // Of argoproj.io, only the kinds that are used with Kargo have schemas; a list is of any kind.
  if (sameGroup.length === 0 || group === ARGOPROJ || kind === 'List') return null;
  const versions = sameGroup
    .filter((key) => key.endsWith(`/${kind}`))
    .map((key) => key.slice(0, -kind.length - 1));
  if (versions.length > 0) {
    return {
      rule: 'kubernetes/unknown-kind',
      at: object.at(['apiVersion']),
      message: `there is no ${kind} of ${apiVersion}`,
      fix: `write apiVersion: ${versions.join(' or ')}`,
    };
  }
  const near = suggestion(kind, new Set(sameGroup.map((key) => key.split('/').at(-1) ?? '')));
  return {
    rule: 'kubernetes/unknown-kind',
    at: object.at(['kind']),
    message: `there is no kind ${kind} in ${apiVersion}`,
    fix: near === null ? 'correct apiVersion or kind' : `did you mean ${near}?`,
  };
}

function groupOf(key: string): string {
  const parts = key.split('/');
  return parts.length === 3 ? (parts[0] ?? '') : '';
}

function draft(object: BundleObject, { path, atKey, problem, fix }: SchemaFault): Draft {
  const dropped = problem === 'no such field' ? `; ${FATE_OF_UNKNOWN[areaOf(object)]}` : '';
  return {
    rule: ruleOf(object, path),
    at: atKey ? object.atKey(path) : object.at(path),
    message: `${object.kind} ${object.name}: ${dotted(path)}: ${problem}${dropped}`,
    fix,
  };
}

type Area = 'kargo' | 'argocd' | 'rollouts' | 'kubernetes';

const FATE_OF_UNKNOWN: Readonly<Record<Area, string>> = {
  kargo: 'the API server drops it without a word',
  argocd: 'the API server drops it without a word',
  rollouts: 'the API server drops it without a word',
  kubernetes: 'the API server drops it or refuses the object',
};

function areaOf({ group, kind }: BundleObject): Area {
  if (group === KARGO) return 'kargo';
  if (group !== ARGOPROJ) return 'kubernetes';
  return kind.includes('Analysis') ? 'rollouts' : 'argocd';
}

function ruleOf(object: BundleObject, path: Path): RuleName {
  if (path[0] === 'metadata') return 'kubernetes/metadata';
  const area = areaOf(object);
  const inSubscription = area === 'kargo' && path[1] === 'subscriptions' && path.length > 2;
  return inSubscription ? 'kargo/subscription' : `${area}/object-invalid`;
}

/**
 * Templates become texts before the API server sees them; what a render lacks of identity has a rule of its own. Where
 * nothing could be rendered, a value may stand for another one that settings would write; why there is no render is said.
 */
function isSaidElsewhere(
  object: BundleObject,
  { path, seen, atKey, aboutForm }: SchemaFault,
): boolean {
  if (object.unfinished && aboutForm && !atKey) return true;
  if (path.length === 1 && path[0] === 'metadata') return object.kustomization !== null;
  return object.group === ARGOPROJ && aboutForm && typeof seen === 'string' && seen.includes('{{');
}

/** The API server takes null for nothing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== null)
      .map(([key, entry]) => [key, withoutNulls(entry)]),
  );
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
