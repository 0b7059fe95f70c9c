import { parseGoDuration } from './go-duration.ts';
import {
  denied,
  type FieldFault,
  invalidObject,
  type Refusal,
  RULES_NOT_CHECKED,
  refusal,
} from './refusal.ts';

type Raw = Readonly<Record<string, unknown>>;

const VARIABLE_NAME = '^[a-zA-Z_]\\w*$';
const RESERVED_ALIAS = /^(step|task)-\d+$/;
const OBJECT_NAME = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const STEPS_OF_STAGE = 'spec.promotionTemplate.spec.steps';
const STEPS_OF_TASK = 'spec.steps';

/**
 * What Kargo says to a Stage, PromotionTask or ClusterPromotionTask that is applied; `null` if it takes it. Only what
 * Kargo itself checks (recorded: oracles/promotions.jsonl, topics stage-admission, order-alias, vars, retry): unknown
 * steps, wrong step configurations and broken expressions are accepted here and fail later.
 */
export function admitStageOrTask(object: Raw): Refusal | null {
  const kind = text(object['kind']);
  const name = text(record(object['metadata'])['name']);
  const spec = record(object['spec']);
  const template = record(record(spec['promotionTemplate'])['spec']);
  const isStage = kind === 'Stage';
  const path = isStage ? STEPS_OF_STAGE : STEPS_OF_TASK;
  const stepList = isStage ? template['steps'] : spec['steps'];
  const steps = list(stepList).map(record);
  const webhook = `${kind.toLowerCase()}.kargo.akuity.io`;

  const undecodable =
    variablesUndecodable(spec['vars'], 'spec.vars') ??
    variablesUndecodable(template['vars'], 'spec.promotionTemplate.spec.vars') ??
    first(steps.map((step) => stepUndecodable(step, path)));
  if (undecodable !== undefined) return refusal(400, null, denied(webhook, undecodable));

  const faults = [
    ...nameFaults(name),
    ...variableFaults(spec['vars'], 'spec.vars'),
    ...variableFaults(template['vars'], 'spec.promotionTemplate.spec.vars'),
    ...(isStage ? stageFaults(spec) : []),
    ...minimumItems(stepList, path),
    ...steps.flatMap((step, index) => taskKindFaults(step, `${path}[${index}]`)),
  ];
  if (faults.length > 0) {
    const unchecked = faults.some(({ type }) => type !== 'Invalid value');
    return invalidObject(kind, name, unchecked ? [...faults, RULES_NOT_CHECKED] : faults);
  }
  const rules = steps.flatMap((step, index) => stepRules(step, `${path}[${index}]`, isStage));
  if (rules.length > 0) return invalidObject(kind, name, rules);
  const webhookFaults = [
    ...(isStage ? freightRequestFaults(list(spec['requestedFreight']).map(record)) : []),
    ...aliasFaults(steps, path),
    ...(isStage ? taskReferenceFaults(steps, path) : []),
  ];
  return webhookFaults.length > 0 ? invalidObject(kind, name, webhookFaults, webhook) : null;
}

/** Go reads the object into structs before any schema is looked at; the paths it prints have no indices. */
function stepUndecodable(step: Raw, path: string): string | undefined {
  for (const key of ['uses', 'as', 'if']) {
    const problem = notText(step[key], `PromotionStep.${path}.${key}`);
    if (problem !== undefined) return problem;
  }
  const variables = variablesUndecodable(step['vars'], `${path}.vars`);
  if (variables !== undefined) return variables;
  const { timeout, errorThreshold } = record(step['retry']);
  const retryPath = `PromotionStepRetry.${path}.retry`;
  const problem = notText(timeout, `${retryPath}.timeout`);
  if (problem !== undefined) return problem;
  if (typeof timeout === 'string') {
    const duration = parseGoDuration(timeout);
    if (typeof duration === 'string') return duration;
  }
  if (typeof errorThreshold === 'number' && !isUint32(errorThreshold)) {
    return `json: cannot unmarshal number ${errorThreshold} into Go struct field ${retryPath}.errorThreshold of type uint32`;
  }
  return undefined;
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function variablesUndecodable(variables: unknown, path: string): string | undefined {
  return first(
    list(variables)
      .map(record)
      .flatMap((variable) => [
        notText(variable['name'], `ExpressionVariable.${path}.name`),
        notText(variable['value'], `ExpressionVariable.${path}.value`),
      ]),
  );
}

function notText(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return undefined;
  const type =
    typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number'
        ? 'number'
        : Array.isArray(value)
          ? 'array'
          : 'object';
  return `json: cannot unmarshal ${type} into Go struct field ${field} of type string`;
}

function nameFaults(name: string): readonly FieldFault[] {
  if (new RegExp(`^${OBJECT_NAME}$`).test(name)) return [];
  return [
    {
      path: 'metadata.name',
      type: 'Invalid value',
      value: name,
      detail:
        'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, ' +
        "'-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', " +
        `regex used for validation is '${OBJECT_NAME}')`,
    },
  ];
}

function variableFaults(variables: unknown, path: string): readonly FieldFault[] {
  return list(variables)
    .map((variable) => text(record(variable)['name']))
    .flatMap((name, index): readonly FieldFault[] => {
      const at = `${path}[${index}].name`;
      const invalid = { path: at, type: 'Invalid value', value: name } as const;
      if (name === '')
        return [{ ...invalid, detail: `${at} in body should be at least 1 chars long` }];
      if (new RegExp(VARIABLE_NAME).test(name)) return [];
      return [{ ...invalid, detail: `${at} in body should match '${VARIABLE_NAME}'` }];
    });
}

function stageFaults(spec: Raw): readonly FieldFault[] {
  const requests = list(spec['requestedFreight']).map(record);
  return [
    ...minimumItems(spec['requestedFreight'], 'spec.requestedFreight'),
    ...requests.flatMap((request, index) =>
      unsupported(
        record(request['sources'])['availabilityStrategy'],
        ['All', 'OneOf', ''],
        `spec.requestedFreight[${index}].sources.availabilityStrategy`,
      ),
    ),
    ...list(record(spec['verification'])['args']).flatMap(
      (argument, index): readonly FieldFault[] =>
        Object.hasOwn(record(argument), 'value')
          ? []
          : [
              {
                path: `spec.verification.args[${index}].value`,
                type: 'Required value',
                detail: '',
              },
            ],
    ),
  ];
}

function minimumItems(items: unknown, path: string): readonly FieldFault[] {
  if (!Array.isArray(items) || items.length > 0) return [];
  return [
    {
      path,
      type: 'Invalid value',
      value: 0,
      detail: `${path} in body should have at least 1 items`,
    },
  ];
}

function taskKindFaults(step: Raw, path: string): readonly FieldFault[] {
  const kind = record(step['task'])['kind'];
  return unsupported(kind, ['PromotionTask', 'ClusterPromotionTask'], `${path}.task.kind`);
}

function unsupported(
  value: unknown,
  supported: readonly string[],
  path: string,
): readonly FieldFault[] {
  if (value === undefined || supported.includes(text(value))) return [];
  const values = supported.map((entry) => JSON.stringify(entry)).join(', ');
  return [{ path, type: 'Unsupported value', value, detail: `supported values: ${values}` }];
}

function stepRules(step: Raw, path: string, isStage: boolean): readonly FieldFault[] {
  const hasTask = Object.hasOwn(step, 'task');
  const hasUses = Object.hasOwn(step, 'uses');
  const fault = (detail: string): FieldFault => ({
    path,
    type: 'Invalid value',
    value: 'object',
    detail,
  });
  if (!isStage) {
    return hasUses && !hasTask
      ? []
      : [fault('PromotionTask step must have uses set and must not reference another task')];
  }
  const faults: FieldFault[] = [];
  if (hasTask === hasUses) {
    faults.push(fault('PromotionTemplate step must have exactly one of uses or task set'));
  }
  for (const key of ['continueOnError', 'retry']) {
    if (hasTask && Object.hasOwn(step, key)) {
      faults.push(fault(`PromotionTemplate step referencing a task cannot set ${key}`));
    }
  }
  return faults;
}

function aliasFaults(steps: readonly Raw[], path: string): readonly FieldFault[] {
  const firstByAlias = new Map<string, number>();
  return steps.flatMap((step, index) => {
    const alias = text(step['as']).trim();
    if (alias === '') return [];
    const fault = { path: `${path}[${index}].as`, type: 'Invalid value', value: alias } as const;
    const earlier = firstByAlias.get(alias);
    if (earlier === undefined) firstByAlias.set(alias, index);
    const duplicates = `step alias duplicates that of ${path}[${earlier}]`;
    return [
      ...(earlier === undefined ? [] : [{ ...fault, detail: duplicates }]),
      ...(RESERVED_ALIAS.test(alias) ? [{ ...fault, detail: 'step alias is reserved' }] : []),
    ];
  });
}

function taskReferenceFaults(steps: readonly Raw[], path: string): readonly FieldFault[] {
  return steps.flatMap((step, index): readonly FieldFault[] => {
    if (!Object.hasOwn(step, 'task')) return [];
    const forbidden = (key: string, what: string): FieldFault => ({
      path: `${path}[${index}].${key}`,
      type: 'Forbidden',
      detail: `PromotionTemplate step referencing a task cannot have ${what}`,
    });
    return [
      ...(text(step['if']) === '' ? [] : [forbidden('if', "an 'if' condition")]),
      ...(Object.hasOwn(step, 'config') ? [forbidden('config', 'a config')] : []),
    ];
  });
}

function freightRequestFaults(requests: readonly Raw[]): readonly FieldFault[] {
  const path = 'spec.requestedFreight';
  const seen = new Map<string, number>();
  return requests.flatMap((request, index) => {
    const { kind, name } = record(request['origin']);
    const origin = `${text(kind)}/${text(name)}`;
    const times = (seen.get(origin) ?? 0) + 1;
    seen.set(origin, times);
    const repeated: readonly FieldFault[] =
      times === 2
        ? [
            {
              path,
              type: 'Invalid value',
              value: requests,
              detail: `freight with origin ${origin} requested multiple times in ${path}`,
            },
          ]
        : [];
    return [...repeated, ...sourceFaults(record(request['sources']), `${path}[${index}].sources`)];
  });
}

function sourceFaults(sources: Raw, path: string): readonly FieldFault[] {
  const policy = record(sources['autoPromotionOptions'])['selectionPolicy'];
  if (policy !== 'MatchUpstream') return [];
  const fault = (detail: string): FieldFault => ({
    path: `${path}.autoPromotionOptions.selectionPolicy`,
    type: 'Invalid value',
    value: policy,
    detail: `selection policy 'MatchUpstream' ${detail}`,
  });
  return [
    ...(sources['direct'] === true
      ? [fault('cannot be used when accepting Freight directly from its origin')]
      : []),
    ...(list(sources['stages']).length === 1
      ? []
      : [fault('requires exactly one upstream Stage to be specified')]),
  ];
}

function first<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}

function record(value: unknown): Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
