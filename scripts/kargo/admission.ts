import { autoPromotionCandidates, isAutoPromotionEnabled } from './auto-promotion.ts';
import { isFreightAvailable } from './availability.ts';
import { type InflatedStep, inflateSteps } from './inflation.ts';
import { labelValue } from './label-value.ts';
import type { Origin, Stage, Variable } from './objects.ts';
import type { FreightRecord, Project } from './project.ts';
import { promotionName } from './promotion-name.ts';
import {
  denied,
  type FieldFault,
  invalidObject,
  type Refusal,
  RULES_NOT_CHECKED,
  refusal,
} from './refusal.ts';

/** What somebody sends: everything else of a Promotion is filled in by Kargo's webhook. */
export interface PromotionRequest {
  readonly stage: string;
  readonly freight?: string;
  readonly origin?: Origin;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Who sends it. Kargo's own controller (auto-promotion) has no user name. */
export interface Requester {
  readonly username: string | null;
  /** RBAC: may create Promotions in the Project's namespace. */
  readonly mayCreate: boolean;
  /** RBAC: verb `promote` on the Stage. */
  readonly mayPromote: boolean;
}

export interface AdmittedPromotion {
  readonly allowed: true;
  readonly name: string;
  readonly project: string;
  readonly stage: string;
  readonly freight: string;
  readonly steps: readonly InflatedStep[];
  readonly vars: readonly Variable[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export const ACTOR_ANNOTATION = 'kargo.akuity.io/create-actor';
export const ROLLBACK_ANNOTATION = 'kargo.akuity.io/rollback';
const STAGE_KEY = 'kargo.akuity.io/stage';
export const HOLD_ANNOTATION = 'kargo.akuity.io/auto-promotion-hold';
export const RESUME_ANNOTATION = 'kargo.akuity.io/auto-promotion-resume';
const WEBHOOK = 'promotion.kargo.akuity.io';

/** The controller's own identity, which makes auto-promotions. */
export const CONTROLLER: Requester = { username: null, mayCreate: true, mayPromote: true };

/**
 * Creates a Promotion as Kargo's API and webhooks do: steps and vars come from the Stage as it stands, tasks are
 * inflated now, and a Freight that is not available is refused (facts/kargo.md §2, facts/promotion-semantics.md).
 *
 * @param now milliseconds since the epoch
 */
export function admitPromotion(
  project: Project,
  records: readonly FreightRecord[],
  request: PromotionRequest,
  requester: Requester,
  now: number,
): AdmittedPromotion | Refusal {
  if (!requester.mayCreate) return mayNotCreate(project, requester);
  const stage = project.stages.get(request.stage);
  if (stage === undefined) {
    return promotionInvalid('any', 'spec.stage', request.stage, [
      `could not find Stage ${JSON.stringify(request.stage)} in namespace ${JSON.stringify(project.name)}`,
    ]);
  }
  const freight = request.freight ?? candidateOf(stage, records, request.origin, now);
  if (typeof freight !== 'string') return freight;
  const name = promotionName(request.stage, freight, now);
  const steps = stage.spec.promotionTemplate?.spec.steps ?? [];
  if (steps.length === 0) {
    return promotionInvalid(name, 'spec.stage', request.stage, [
      `Stage ${JSON.stringify(request.stage)} in namespace ${JSON.stringify(project.name)} defines no promotion steps`,
    ]);
  }
  const vars = [...stage.spec.vars, ...(stage.spec.promotionTemplate?.spec.vars ?? [])];
  const inflation = inflateSteps(steps, vars, (kind, task) =>
    (kind === 'ClusterPromotionTask' ? project.clusterTasks : project.tasks).get(task),
  );
  if (freight === '') {
    const path = 'spec.freight';
    const detail = `${path} in body should be at least 1 chars long`;
    return nameless([{ path, type: 'Invalid value', value: '', detail }]);
  }
  if ('missingTask' in inflation) {
    const { kind, name: task } = inflation.missingTask;
    const message = `${kind}.kargo.akuity.io ${JSON.stringify(task)} not found`;
    return refusal(404, 'NotFound', denied(WEBHOOK, message));
  }
  if ('fault' in inflation) {
    return internalError(`failed to inflate Promotion steps: ${inflation.fault}`);
  }
  if (request.freight !== undefined && request.origin !== undefined) {
    return invalidObject('Promotion', name, [
      {
        path: 'spec',
        type: 'Invalid value',
        value: 'object',
        detail: 'exactly one of freight or origin must be set',
      },
    ]);
  }
  if (!requester.mayPromote) return mayNotPromote(stage, name, requester);
  const record = records.find((candidate) => candidate.freight.name === freight);
  if (record === undefined || !isFreightAvailable(stage, record, now)) {
    return promotionInvalid(name, 'spec.freight', freight, [
      'Freight is not available to this Stage',
    ]);
  }
  return {
    allowed: true,
    name,
    project: project.name,
    stage: request.stage,
    freight,
    steps: inflation.steps,
    vars,
    annotations: {
      ...withoutIntent(request.annotations ?? {}, requester),
      ...(requester.username === null
        ? {}
        : { [ACTOR_ANNOTATION]: `kubernetes:${requester.username}` }),
      ...(requester.username === null ? {} : intent(project, stage, records, record, now)),
      [STAGE_KEY]: request.stage,
    },
    labels: { ...request.labels, [STAGE_KEY]: labelValue(request.stage) },
  };
}

/**
 * The actor that expressions see: what follows the prefix where there is exactly one colon, else the whole annotation
 * (facts/observed.md: a ServiceAccount keeps its prefix).
 */
export function actorOf(annotations: Readonly<Record<string, string>>): string {
  const value = annotations[ACTOR_ANNOTATION] ?? '';
  const parts = value.split(':');
  if (parts.length === 2) return parts[1] ?? '';
  return value === 'unknown actor' ? '' : value;
}

/** For a request that names only an origin: the Freight that auto-promotion would take. */
function candidateOf(
  stage: Stage,
  records: readonly FreightRecord[],
  origin: Origin | undefined,
  now: number,
): string | Refusal {
  if (origin === undefined) return nameless([]);
  const candidate = autoPromotionCandidates(stage, records, now).get(origin.name);
  if (candidate !== undefined) return candidate.freight.name;
  const key = `${origin.kind}/${origin.name}`;
  return promotionInvalid('any', 'spec.origin', key, [
    `no auto-promotion candidate found for origin ${JSON.stringify(key)} on Stage ${JSON.stringify(stage.metadata.name)}`,
  ]);
}

/** Without Freight there is no name to give; a Freight of no letters is a fault of its own. */
function nameless(more: readonly FieldFault[]): Refusal {
  return invalidObject('Promotion', '', [
    {
      path: 'metadata.name',
      type: 'Required value',
      detail: 'name or generateName is required',
    },
    ...more,
    RULES_NOT_CHECKED,
  ]);
}

/** A person who promotes something else than the candidate holds auto-promotion; promoting the candidate resumes it. */
function intent(
  project: Project,
  stage: Stage,
  records: readonly FreightRecord[],
  record: FreightRecord,
  now: number,
): Readonly<Record<string, string>> {
  if (!isAutoPromotionEnabled(project.config, stage)) return {};
  const { origin, name } = record.freight;
  const candidate = autoPromotionCandidates(stage, records, now).get(origin.name);
  const key = candidate?.freight.name === name ? RESUME_ANNOTATION : HOLD_ANNOTATION;
  return { [key]: `${origin.kind}/${origin.name}` };
}

function withoutIntent(
  annotations: Readonly<Record<string, string>>,
  requester: Requester,
): Readonly<Record<string, string>> {
  if (requester.username === null) return annotations;
  return Object.fromEntries(
    Object.entries(annotations).filter(
      ([key]) => key !== HOLD_ANNOTATION && key !== RESUME_ANNOTATION,
    ),
  );
}

function mayNotCreate(project: Project, requester: Requester): Refusal {
  return refusal(
    403,
    'Forbidden',
    `promotions.kargo.akuity.io is forbidden: User ${JSON.stringify(requester.username)} cannot create resource ` +
      `"promotions" in API group "kargo.akuity.io" in the namespace ${JSON.stringify(project.name)}`,
  );
}

function mayNotPromote(stage: Stage, name: string, requester: Requester): Refusal {
  return internalError(
    `Promotion.kargo.akuity.io ${JSON.stringify(name)} is forbidden: subject ${JSON.stringify(requester.username)} ` +
      `is not permitted to create Promotions for Stage ${JSON.stringify(stage.metadata.name)}`,
  );
}

function internalError(message: string): Refusal {
  return refusal(500, 'InternalError', denied(WEBHOOK, `Internal error occurred: ${message}`));
}

function promotionInvalid(
  name: string,
  path: string,
  value: string,
  details: readonly string[],
): Refusal {
  return invalidObject(
    'Promotion',
    name,
    details.map((detail) => ({ path, type: 'Invalid value', value, detail })),
    WEBHOOK,
  );
}
