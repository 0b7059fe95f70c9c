import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdmittedPromotion, CONTROLLER } from '../../../../scripts/kargo/admission.ts';
import type { MemoryWorld } from '../../../../scripts/kargo/memory-world.ts';
import type { ProjectState } from '../../../../scripts/kargo/project-state.ts';
import { promoteToEnd } from '../../../../scripts/kargo/promote.ts';
import type { PromotionResult } from '../../../../scripts/kargo/promotion.ts';
import type { Comparison } from './comparison.ts';
import { texts } from './forms.ts';
import { list, type Raw, record, text } from './record.ts';
import { PROJECT } from './recorded-project.ts';
import type { Server } from './remote.ts';
import { recordedVerification } from './verification.ts';

/** More waits than any recorded case needs. */
const MOST_WAITS = 700;

/** Enough to see that the Promotion after an aborted one goes on. */
const FEW_WAITS = 20;

class EndlessPromotion extends Error {}

/** Poll often: the recordings do not say when Kargo asked. */
const POLL_MS = 500;

/** What the promotions of one recorded case act on. */
export interface CaseStage {
  readonly raw: Raw;
  readonly server: Server;
  readonly world: MemoryWorld;
  readonly state: ProjectState;
  readonly comparison: Comparison;
  /** Milliseconds since 1970 by the clock of the case, which waiting moves on. */
  readonly time: { now: number };
}

/** Carries the promotions of one recorded case out, with what happens while they wait. */
export class CasePromotions {
  /** Each promotion that ended, as a recording lists them. */
  readonly made: { readonly stage: string; readonly entry: Raw }[] = [];
  readonly analysisRuns: Raw[] = [];
  verification: Raw = {};
  /** The last one that began. */
  promoted: AdmittedPromotion | undefined;
  readonly #raw: Raw;
  readonly #server: Server;
  readonly #world: MemoryWorld;
  readonly #state: ProjectState;
  readonly #comparison: Comparison;
  readonly #time: { now: number };
  /** What happens the next time that a Promotion waits. */
  readonly #whileWaiting: (() => void)[] = [];
  #waits = 0;
  #mostWaits = MOST_WAITS;
  #abortAtStart = false;
  #aborting: AbortController | undefined;

  constructor({ raw, server, world, state, comparison, time }: CaseStage) {
    this.#raw = raw;
    this.#server = server;
    this.#world = world;
    this.#state = state;
    this.#comparison = comparison;
    this.#time = time;
  }

  /** Has something happen the next time that a Promotion waits. */
  whileWaiting(act: () => void): void {
    this.#whileWaiting.push(act);
  }

  /** Aborts the Promotion that runs the next time that it waits. */
  abort(actor: string): void {
    this.#whileWaiting.push(() => this.#aborting?.abort(actor));
  }

  /** Settles with the Promotion aborted that comes first; the one after it may go on for ever. */
  async settleAborting(): Promise<void> {
    this.#abortAtStart = true;
    await this.settle();
    this.#abortAtStart = false;
    this.#mostWaits = FEW_WAITS;
  }

  /** Lets Kargo's own controller act until it has nothing left to promote. */
  async settle(): Promise<void> {
    for (const stage of this.#state.project.stages.keys()) {
      const freight = this.#state.nextAutoPromotion(stage);
      if (freight === null) continue;
      const admitted = this.#state.admit({ stage, freight: freight.name }, CONTROLLER);
      if (!admitted.allowed) {
        this.#comparison.note(`auto-promotion refused: ${admitted.message}`);
        return;
      }
      try {
        await this.promote(admitted, null);
      } catch (error) {
        if (!(error instanceof EndlessPromotion)) throw error;
        const entry = { freight: freight.name, phase: 'Running', actor: null, message: null };
        this.made.push({ stage, entry });
        return;
      }
      return await this.settle();
    }
  }

  async promote(promotion: AdmittedPromotion, actor: string | null): Promise<PromotionResult> {
    this.promoted = promotion;
    const record = this.#state.records().find(({ freight }) => freight.name === promotion.freight);
    if (record === undefined) throw new Error(`no Freight ${promotion.freight}`);
    const { freight } = record;
    const workDir = mkdtempSync(join(tmpdir(), 'orderbooks-replay-'));
    const aborting = new AbortController();
    this.#aborting = aborting;
    this.#waits = 0;
    this.#meanwhile();
    try {
      const result = await promoteToEnd(
        {
          promotion,
          project: this.#state.project,
          freight,
          inherited: this.#state.inherited(promotion.stage, freight),
        },
        {
          world: this.#world,
          workDir,
          pollIntervalMs: POLL_MS,
          uiBaseUrl: 'http://localhost:31080',
          signal: aborting.signal,
          clock: {
            now: () => this.#time.now,
            sleep: async (milliseconds) => {
              this.#waits += 1;
              if (this.#waits > this.#mostWaits)
                throw new EndlessPromotion('the Promotion never ends');
              this.#time.now += milliseconds;
              for (const act of this.#whileWaiting.splice(0)) act();
            },
          },
        },
      );
      this.#state.ended(promotion, result.phase);
      this.made.push({
        stage: promotion.stage,
        entry: {
          freight: freight.name,
          phase: result.phase,
          actor:
            actor === null ? null : (promotion.annotations['kargo.akuity.io/create-actor'] ?? null),
          message: result.message === '' ? null : result.message,
        },
      });
      if (result.phase === 'Succeeded') this.#verify(promotion.stage);
      return result;
    } finally {
      rmSync(workDir, { recursive: true, force: true });
    }
  }

  #verify(stage: string): void {
    const { verification, analysisRuns } = recordedVerification(
      this.#state.project,
      stage,
      this.#state.current(stage),
      this.#world,
      this.#time.now,
    );
    this.verification = verification;
    this.analysisRuns.push(...analysisRuns);
    if (verification['phase'] === 'Successful') this.#state.verified(stage);
  }

  #meanwhile(): void {
    if (this.#abortAtStart || record(this.#raw['abort'])['code'] === 200) {
      this.#whileWaiting.push(() => this.#aborting?.abort('kubernetes:lab-admin'));
    }
    const act = record(this.#raw['meanwhile']);
    const file = text(act['commit by hand']);
    if (file !== '') {
      const content = text(act['content']);
      const branch = `case/${text(this.#raw['case'])}`;
      this.#whileWaiting.push(() => this.#server.commitByHand(branch, file, content));
    }
    const patch = act['patch ConfigMap'];
    if (patch !== undefined) {
      this.#whileWaiting.push(() => this.#world.configMaps.set(this.ownConfigMap(), texts(patch)));
    }
  }

  /** The ConfigMap that the case brought along. */
  ownConfigMap(): string {
    const own = list(this.#raw['objects']).find(({ kind }) => kind === 'ConfigMap');
    return `${PROJECT}/${text(record(own?.['metadata'])['name'])}`;
  }
}
