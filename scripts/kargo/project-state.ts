import { OrderbooksError } from '../../runtime/errors.ts';
import {
  type AdmittedPromotion,
  admitPromotion,
  HOLD_ANNOTATION,
  type PromotionRequest,
  RESUME_ANNOTATION,
  type Requester,
} from './admission.ts';
import { autoPromotionCandidates, isAutoPromotionEnabled } from './auto-promotion.ts';
import { isFreightAvailable } from './availability.ts';
import { refuseFreightDeletion } from './immutability.ts';
import type { Stage } from './objects.ts';
import { type FreightRecord, NEW_FREIGHT_STATUS, type Project } from './project.ts';
import type { PromotionPhase } from './promotion.ts';
import type { Refusal } from './refusal.ts';
import type { Freight } from './step.ts';

interface PastPromotion {
  readonly stage: string;
  readonly freight: string;
  readonly phase: PromotionPhase;
}

interface StageState {
  /** Freight by origin that the last successful Promotion left in the Stage. */
  readonly current: Map<string, Freight>;
  /** Freight by origin of the last Promotion, successful or not: the next one inherits from it. */
  readonly last: Map<string, Freight>;
  /** Origins whose auto-promotion a person holds. */
  readonly holds: Set<string>;
}

/**
 * What Kargo remembers about a Project between promotions: which Freight is where, verified, approved, held
 * (facts/kargo.md §5, facts/promotion-semantics.md "Admission, queue, auto-promotion").
 */
export class ProjectState {
  readonly project: Project;
  readonly #now: () => number;
  readonly #records = new Map<string, FreightRecord>();
  readonly #stages = new Map<string, StageState>();
  readonly #past: PastPromotion[] = [];

  /** @param now milliseconds since the epoch */
  constructor(project: Project, now: () => number = Date.now) {
    this.project = project;
    this.#now = now;
  }

  records(): readonly FreightRecord[] {
    return [...this.#records.values()];
  }

  /** A Freight as discovered now. One that is known already stays as it is. */
  addFreight(freight: Freight): FreightRecord {
    const known = this.#records.get(freight.name);
    if (known !== undefined) return known;
    const record = { freight, status: NEW_FREIGHT_STATUS, discoveredAt: this.#now() };
    this.#records.set(freight.name, record);
    this.#passControlFlow();
    return this.#record(freight.name);
  }

  admit(request: PromotionRequest, requester: Requester): AdmittedPromotion | Refusal {
    return admitPromotion(this.project, this.records(), request, requester, this.#now());
  }

  /** What the Stage runs, one Freight per origin. */
  current(stage: string): readonly Freight[] {
    return [...this.#stage(stage).current.values()];
  }

  /** Freight of the other requested origins, which a Promotion of `freight` carries along. */
  inherited(stage: string, freight: Freight): readonly Freight[] {
    const requested = this.#object(stage).spec.requestedFreight.map(({ origin }) => origin.name);
    return [...this.#stage(stage).last]
      .filter(([origin]) => origin !== freight.origin.name && requested.includes(origin))
      .map(([, inherited]) => inherited);
  }

  holds(stage: string): readonly string[] {
    return [...this.#stage(stage).holds];
  }

  /** The Freight that Kargo would promote to a Stage by itself now, if any. */
  nextAutoPromotion(stage: string): Freight | null {
    const object = this.#object(stage);
    if (!isAutoPromotionEnabled(this.project.config, object)) return null;
    const state = this.#stage(stage);
    for (const [origin, record] of autoPromotionCandidates(object, this.records(), this.#now())) {
      const { freight } = record;
      const isCurrent = state.current.get(origin)?.name === freight.name;
      if (isCurrent || state.holds.has(origin)) continue;
      // Whatever did not succeed is not tried again by itself; a newer Freight is.
      const newest = this.#past.findLast(
        (past) => past.stage === stage && past.freight === freight.name,
      );
      if (newest === undefined || newest.phase === 'Succeeded') return freight;
    }
    return null;
  }

  /** Enters the end of a Promotion. Only a successful one makes its Freight current. */
  ended(promotion: AdmittedPromotion, phase: PromotionPhase): void {
    const { stage, annotations } = promotion;
    const freight = this.#record(promotion.freight).freight;
    const state = this.#stage(stage);
    this.#past.push({ stage, freight: freight.name, phase });
    const collection = [...this.inherited(stage, freight), freight];
    for (const part of collection) state.last.set(part.origin.name, part);
    if (phase !== 'Aborted' && annotations[HOLD_ANNOTATION] !== undefined) {
      state.holds.add(freight.origin.name);
    }
    if (phase !== 'Succeeded') return;
    if (annotations[RESUME_ANNOTATION] !== undefined) state.holds.delete(freight.origin.name);
    for (const part of collection) {
      const before = state.current.get(part.origin.name);
      if (before !== undefined && before.name !== part.name) this.#leave(stage, before.name);
      state.current.set(part.origin.name, part);
      this.#enter(stage, part.name);
    }
  }

  /** The current Freight of a Stage passed its verification: it is available downstream, for ever. */
  verified(stage: string): void {
    for (const { name } of this.current(stage)) this.#verify(stage, name);
    this.#passControlFlow();
  }

  /** A person's approval: the Freight is available to the Stage without verification or soak. */
  approve(stage: string, freight: string): void {
    const record = this.#record(freight);
    const approvedFor = { ...record.status.approvedFor, [stage]: { approvedAt: this.#now() } };
    this.#records.set(freight, { ...record, status: { ...record.status, approvedFor } });
    this.#passControlFlow();
  }

  /** A person takes an approval back; what was promoted with it stays. */
  withdrawApproval(stage: string, freight: string): void {
    const record = this.#record(freight);
    const { [stage]: _withdrawn, ...approvedFor } = record.status.approvedFor;
    this.#records.set(freight, { ...record, status: { ...record.status, approvedFor } });
  }

  /** Deletes a Freight, unless Stages run it. */
  removeFreight(freight: string): Refusal | null {
    const stages = Object.keys(this.#record(freight).status.currentlyIn);
    const refused = refuseFreightDeletion(freight, stages);
    if (refused === null) this.#records.delete(freight);
    return refused;
  }

  /**
   * Why a Promotion that was queued ends as Errored when its turn comes, before its first step: its Freight is looked at
   * again then. `null` where it starts.
   */
  faultAtStart(stage: string, freight: string): string | null {
    const record = this.#records.get(freight);
    const [name, namespace] = [JSON.stringify(freight), JSON.stringify(this.project.name)];
    if (record === undefined) return `Freight ${name} not found in namespace ${namespace}`;
    if (isFreightAvailable(this.#object(stage), record, this.#now())) return null;
    return `Freight ${name} is not available to Stage ${JSON.stringify(stage)} in namespace ${namespace}`;
  }

  #verify(stage: string, freight: string): void {
    const record = this.#record(freight);
    if (Object.hasOwn(record.status.verifiedIn, stage)) return;
    const verifiedIn = { ...record.status.verifiedIn, [stage]: { verifiedAt: this.#now() } };
    this.#records.set(freight, { ...record, status: { ...record.status, verifiedIn } });
  }

  /** A Stage without steps only passes Freight on: whatever is available to it counts as verified in it. */
  #passControlFlow(): void {
    for (const [name, stage] of this.project.stages) {
      if ((stage.spec.promotionTemplate?.spec.steps ?? []).length > 0) continue;
      const passed = this.records().filter(
        (record) =>
          isFreightAvailable(stage, record, this.#now()) &&
          !Object.hasOwn(record.status.verifiedIn, name),
      );
      if (passed.length === 0) continue;
      for (const { freight } of passed) this.#verify(name, freight.name);
      // What passed here may be available to the next such Stage.
      this.#passControlFlow();
      return;
    }
  }

  #enter(stage: string, freight: string): void {
    const record = this.#record(freight);
    if (Object.hasOwn(record.status.currentlyIn, stage)) return;
    const currentlyIn = { ...record.status.currentlyIn, [stage]: { since: this.#now() } };
    this.#records.set(freight, { ...record, status: { ...record.status, currentlyIn } });
  }

  #leave(stage: string, freight: string): void {
    const record = this.#record(freight);
    const { [stage]: left, ...currentlyIn } = record.status.currentlyIn;
    const verification = record.status.verifiedIn[stage];
    let { verifiedIn } = record.status;
    if (left !== undefined && verification !== undefined) {
      const soak = Math.max(verification.longestCompletedSoak ?? 0, this.#now() - left.since);
      verifiedIn = { ...verifiedIn, [stage]: { ...verification, longestCompletedSoak: soak } };
    }
    this.#records.set(freight, {
      ...record,
      status: { ...record.status, currentlyIn, verifiedIn },
    });
  }

  #record(freight: string): FreightRecord {
    const record = this.#records.get(freight);
    if (record !== undefined) return record;
    throw new OrderbooksError(
      'FREIGHT_UNKNOWN',
      `expected a Freight of Project ${this.project.name}, got ${freight}; add it before it is used`,
    );
  }

  #object(stage: string): Stage {
    const object = this.project.stages.get(stage);
    if (object !== undefined) return object;
    throw new OrderbooksError(
      'STAGE_UNKNOWN',
      `expected a Stage of Project ${this.project.name} (${[...this.project.stages.keys()].join(', ')}), got ${stage}`,
    );
  }

  #stage(stage: string): StageState {
    const known = this.#stages.get(stage);
    if (known !== undefined) return known;
    const fresh = { current: new Map(), last: new Map(), holds: new Set<string>() };
    this.#stages.set(stage, fresh);
    return fresh;
  }
}
