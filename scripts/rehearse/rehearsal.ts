import { join } from 'node:path';
import type { Evidence } from '../../runtime/gates/evidence.ts';
import type { GitPlace } from '../git.ts';
import { ProjectState } from '../kargo/project-state.ts';
import type { Freight } from '../kargo/step.ts';
import { type Bundle, type BundleVersion, pushVersion } from './bundle.ts';
import type { LocalCluster } from './cluster/cluster.ts';
import { ClusterNarration } from './cluster-narration.ts';
import { ClusterWorld } from './cluster-world.ts';
import { type CompletedPromotion, Delivery, type RefusedPromotion } from './delivery.ts';
import { RehearsalError } from './error.ts';
import { evidenceDocuments, loseEvidence, restoreEvidence } from './evidence.ts';
import type { Fault } from './faults.ts';
import type { GateClock } from './gate-clock.ts';
import { type Manifests, PROJECT } from './manifests.ts';
import { measure } from './measurement.ts';
import { POLL_INTERVAL_MS } from './overrides.ts';
import type { Progress } from './progress.ts';
import { PromotionLog } from './promotion-log.ts';
import type { PromotionRecord, Span, VerificationRecord } from './result.ts';
import { clearTicket, fileTicket } from './ticket.ts';
import type { Timeline } from './timeline.ts';
import { discoverFreight } from './warehouse.ts';

/** Everything that stands before the first promotion. */
export interface Stagecraft {
  readonly workingTree: string;
  readonly folder: string;
  readonly bundle: Bundle;
  readonly gitEnvironment: Readonly<Record<string, string>>;
  readonly manifests: Manifests;
  readonly cluster: LocalCluster;
  readonly clock: GateClock;
  readonly progress: Progress;
  readonly timeline: Timeline;
  readonly signal: AbortSignal;
}

/** Who clicks *Promote* in a rehearsal. */
const PERSON = 'rehearsal';
const HEALTH_TIMEOUT_MS = 60_000;

/** Carries releases through the bundle's own Warehouse, Stages and gates, and keeps a record of what happened. */
export class Rehearsal {
  readonly promotions: PromotionRecord[] = [];
  readonly verifications: VerificationRecord[] = [];
  readonly versions: (BundleVersion & { readonly imageDigest: string })[] = [];
  readonly #stage: Stagecraft;
  readonly #state: ProjectState;
  readonly #delivery: Delivery;
  readonly #log: PromotionLog;
  readonly #narration: ClusterNarration;

  constructor(stage: Stagecraft) {
    this.#stage = stage;
    this.#state = new ProjectState(stage.manifests.project);
    const { cluster, folder, gitEnvironment, progress, signal } = stage;
    this.#log = new PromotionLog(progress);
    this.#narration = new ClusterNarration(cluster, progress);
    this.#delivery = new Delivery({
      state: this.#state,
      world: new ClusterWorld(cluster.store, gitEnvironment, stage.clock),
      folder: join(folder, 'promotions'),
      pollIntervalMs: POLL_INTERVAL_MS,
      healthTimeoutMs: HEALTH_TIMEOUT_MS,
      signal,
      measure: (run) => measure(cluster, run, signal),
      onEvent: (event) => this.#log.follow(event),
    });
  }

  /** Pushes a release with a defect or without, puts its image into the registry and lets the Warehouse find both. */
  async release(version: 1 | 2, fault: Fault | null = null): Promise<Freight> {
    const { workingTree, folder, bundle, cluster, manifests, progress, timeline } = this.#stage;
    return timeline.time('rehearsal', `release ${version}`, async () => {
      progress.current(`git push of version ${version}`);
      const pushed = await pushVersion(bundle, version, {
        workingTree,
        folder,
        fault,
      });
      progress.note(
        `pushed version ${version} to main as ${pushed.commit.slice(0, 12)}: ${pushed.change}`,
      );
      progress.current(`building the image of version ${version}`);
      const image = await cluster.images.add({
        repository: manifests.imageRepository,
        tag: pushed.commit,
        revision: pushed.commit,
        sourceFolder: pushed.folder,
        nodeModules: join(workingTree, 'node_modules'),
      });
      this.versions.push({ ...pushed, imageDigest: image.digest });
      progress.note(`its image is ${image.digest.slice(0, 19)}…`);
      const first = this.versions.find((one) => one.version === 1);
      if (fault?.runsWrongImage === true && first !== undefined) {
        cluster.images.substitute(image.digest, first.imageDigest);
      }
      return this.#discover();
    });
  }

  /**
   * Brings version 1 to both stages, as what runs today. It is not judged: as on a first day, a person approves it for
   * full, which satisfies Kargo, and files a break-glass ticket, which satisfies the gates.
   */
  async establish(freight: Freight): Promise<void> {
    this.#succeeded(await this.#promote('canary', 1, () => this.#delivery.autoPromote('canary')));
    this.#state.approve('full', freight.name);
    this.fileTicket(freight, 1);
    this.#succeeded(
      await this.#promote('full', 1, () => this.#delivery.promote('full', freight, PERSON)),
    );
    clearTicket(this.#stage.cluster);
    await Promise.all(['canary', 'full'].map((stage) => this.healthy(stage)));
  }

  /** Kargo promotes the newest Freight to the canary by itself. */
  async toCanary(): Promise<CompletedPromotion> {
    return this.#succeeded(
      await this.#promote('canary', 2, () => this.#delivery.autoPromote('canary')),
    );
  }

  /** A person promotes to full; Kargo may refuse, and so may the gates: then the promotion has failed. */
  async toFull(freight: Freight, version: 1 | 2): Promise<CompletedPromotion | RefusedPromotion> {
    const promotion = await this.#promote('full', version, () =>
      this.#delivery.promote('full', freight, PERSON),
    );
    if (promotion === null)
      throw new RehearsalError('PROMOTION_VANISHED', 'a promotion by hand always has a Freight');
    return promotion;
  }

  /** Files a break-glass ticket for one promotion to full, as its operator does in Kargo's UI. */
  fileTicket(freight: Freight, version: 1 | 2): void {
    const { cluster, clock, progress } = this.#stage;
    const id = fileTicket(cluster, { freight, version, operator: PERSON }, clock.now());
    progress.note(`filed break-glass ticket ${id}, for one promotion to full within an hour`);
  }

  /** Puts the empty form back. */
  clearTicket(): void {
    clearTicket(this.#stage.cluster);
  }

  /** Takes the latest verdict of a stage's gates away; what is returned puts it back. */
  loseEvidence(stage: string): () => void {
    const { cluster, progress } = this.#stage;
    const lost = loseEvidence(cluster, PROJECT, stage);
    for (const { metadata } of lost) {
      progress.note(`somebody deleted ConfigMap ${metadata.name}`);
    }
    return () => restoreEvidence(cluster, lost);
  }

  /** Waits for health and lets the Stage's own gates judge what runs. */
  async verify(stage: 'canary' | 'full'): Promise<VerificationRecord> {
    await this.healthy(stage);
    const { cluster, progress, timeline } = this.#stage;
    const startedAt = Date.now();
    progress.current(`the gates of ${stage} judge what runs`);
    const outcome = await timeline.time(
      stage,
      'verification',
      () => this.#delivery.verify(stage),
      goodIf((value) => value.phase === 'Successful'),
    );
    const evidence: Evidence | null =
      evidenceDocuments(cluster, PROJECT).find(
        (document) =>
          document.subject.stage === stage && Date.parse(document.started_at) >= startedAt,
      ) ?? null;
    // Kargo believes an exit code; a rehearsal wants to see what was judged.
    const believed =
      outcome.phase !== 'Successful' || evidence?.verdict === 'PASS'
        ? outcome
        : {
            phase: 'Error',
            message: `the verification Job succeeded, but ${evidence === null ? 'left no evidence' : `its evidence says ${evidence.verdict}`}`,
          };
    const record = {
      stage,
      ...believed,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: Date.now() - startedAt,
      evidence,
    };
    this.verifications.push(record);
    const good = believed.phase === 'Successful';
    progress.note(
      `verification of ${stage}: ${believed.phase}${good ? '' : `, ${evidence?.reason ?? believed.message}`}`,
      good ? 'good' : 'bad',
    );
    return record;
  }

  /** Waits until a Stage is healthy; what its pods last said is in the error when it never is. */
  async healthy(stage: string): Promise<void> {
    const { manifests, progress, timeline } = this.#stage;
    progress.current(`waiting for ${stage} to be healthy`);
    try {
      await timeline.time(stage === 'full' ? 'full' : 'canary', 'until healthy', () =>
        this.#delivery.untilHealthy(stage),
      );
    } catch (error) {
      if (!(error instanceof RehearsalError)) throw error;
      const namespace = manifests.namespaces.get(stage) ?? '';
      const words = this.#narration.lastWords(namespace);
      throw new RehearsalError(error.code, `${error.message}${words}`, { cause: error });
    }
    progress.note(`Stage ${stage} is Healthy`);
  }

  async #discover(): Promise<Freight> {
    const { manifests, cluster, bundle, folder, gitEnvironment, progress } = this.#stage;
    const place: GitPlace = {
      folder: bundle.repository,
      home: folder,
      ceiling: folder,
      environment: gitEnvironment,
      now: new Date(),
    };
    for (const warehouse of manifests.project.warehouses.values()) {
      const freight = await discoverFreight(warehouse, cluster.images.images(), place);
      if (freight === null) continue;
      this.#state.addFreight(freight);
      progress.note(
        `Warehouse ${warehouse.metadata.name} made Freight ${freight.name.slice(0, 12)}`,
      );
      return freight;
    }
    throw new RehearsalError(
      'NO_FREIGHT',
      'no Warehouse of the bundle found a Freight in the pushed commit and its image; look at its subscriptions and freightCreationCriteria',
    );
  }

  async #promote(
    stage: 'canary' | 'full',
    version: 1 | 2,
    act: () => Promise<CompletedPromotion | RefusedPromotion | null>,
  ): Promise<CompletedPromotion | RefusedPromotion | null> {
    const { timeline } = this.#stage;
    const startedAt = Date.now();
    const outcome = await timeline.time(
      stage,
      `promotion of version ${version}`,
      act,
      goodIf((value) => value?.refused === false && value.result.phase === 'Succeeded'),
    );
    if (outcome === null || outcome.refused) return outcome;
    const { name, freight, result } = outcome;
    this.promotions.push({
      name,
      stage,
      version,
      freight: freight.name,
      actor: stage === 'canary' ? '' : PERSON,
      phase: result.phase,
      message: result.message,
      steps: this.#log.steps,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: Date.now() - startedAt,
      renderedCommit: this.#log.pushedCommit,
    });
    this.#tellStage(stage, name, freight, result);
    return outcome;
  }

  /** Writes `status.lastPromotion` of the Stage as Kargo does: the gates read there what was promoted. */
  #tellStage(
    stage: string,
    name: string,
    freight: Freight,
    { phase, healthChecks }: CompletedPromotion['result'],
  ): void {
    const { cluster } = this.#stage;
    const object = cluster.get('kargo.akuity.io/v1alpha1', 'Stage', PROJECT, stage);
    if (object === undefined) return;
    const lastPromotion = {
      name,
      freight: { name: freight.name, commits: freight.commits, images: freight.images },
      status: {
        phase,
        healthChecks: healthChecks.map(({ uses, input }) => ({ uses, config: input })),
      },
    };
    cluster.replace({ ...object, status: { lastPromotion } });
  }

  #succeeded(promotion: CompletedPromotion | RefusedPromotion | null): CompletedPromotion {
    if (promotion === null) {
      throw new RehearsalError(
        'NOT_PROMOTED',
        'Kargo would not promote the new Freight to canary by itself: look at promotionPolicies of the ProjectConfig and requestedFreight of the Stage',
      );
    }
    if (promotion.refused) throw new RehearsalError('PROMOTION_REFUSED', promotion.message);
    if (promotion.result.phase !== 'Succeeded') {
      throw new RehearsalError(
        'PROMOTION_FAILED',
        `promotion ${promotion.name} ended ${promotion.result.phase}: ${promotion.result.message}`,
      );
    }
    return promotion;
  }
}

function goodIf<T>(holds: (value: T) => boolean): (value: T) => Span['outcome'] {
  return (value) => (holds(value) ? 'good' : 'bad');
}
