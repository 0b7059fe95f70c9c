import { join } from 'node:path';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Fault } from '../rehearse/faults.ts';
import type { Progress } from '../rehearse/progress.ts';
import type { Delivery } from './delivery.ts';
import { E2eError } from './error.ts';
import { tracesOf } from './evidence.ts';
import { type Freight, type Promotion, pod } from './objects.ts';
import { overheadOf } from './overhead.ts';
import { type Forge, publishRelease, type Release } from './release.ts';
import type {
  E2eResult,
  Measured,
  PromotionRecord,
  ScenarioRecord,
  VerificationRecord,
} from './result.ts';

export interface StoryOptions {
  readonly forge: Forge;
  readonly kubectl: Kubectl;
  readonly delivery: Delivery;
  readonly output: string;
  readonly fault: Fault;
  readonly person?: string;
  readonly progress: Progress;
  /** Puts the bundle of a checkout on the cluster. */
  readonly install: (checkout: string) => Promise<void>;
  /** Promotes in all ways that a person may try; absent: left out. `fresh` was verified in canary only. */
  readonly scenarios?: (old: Freight, fresh: Freight) => Promise<readonly ScenarioRecord[]>;
}

type StageName = 'canary' | 'full';
type Ending = Pick<
  E2eResult,
  | 'verdict'
  | 'summary'
  | 'releases'
  | 'promotions'
  | 'verifications'
  | 'scenarios'
  | 'refusal'
  | 'timings'
>;

/** A release that works goes to production and is verified there; one with a defect is refused. */
export class Story {
  readonly #options: StoryOptions;
  readonly #releases: E2eResult['releases'][number][] = [];
  readonly #promotions: PromotionRecord[] = [];
  readonly #verifications: VerificationRecord[] = [];
  readonly #timings: Measured[] = [];
  #scenarios: readonly ScenarioRecord[] = [];
  #refusal: string | null = null;

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  async tell(): Promise<Ending> {
    try {
      await this.#goodVersion(1);
      const old = await this.#goodVersion(2);
      const { scenarios } = this.#options;
      if (scenarios !== undefined) {
        const fresh = await this.#inCanary(3);
        this.#scenarios = await scenarios(old, fresh);
        const wrong = this.#scenarios.filter(({ expected }) => !expected);
        this.#require(
          wrong.length === 0,
          `scenarios ended otherwise: ${wrong.map(({ name }) => name).join(', ')}`,
        );
      }
      return this.#ending('PROVEN', await this.#defectiveVersion(this.#releases.length + 1));
    } catch (error) {
      if (!(error instanceof NotAsExpected)) throw error;
      return this.#ending('FAILED', error.message);
    }
  }

  /** push → Freight → canary promoted and verified → full promoted by hand → verified. */
  async #goodVersion(version: number): Promise<Freight> {
    const { progress, delivery } = this.#options;
    progress.act(`Version ${version}: push → canary → full`);
    const { release, freight } = await this.#release(version, null);
    const canary = await this.#toCanary(release, freight);
    this.#require(
      canary.phase === 'Successful',
      `canary refused version ${version}: ${canary.reason}`,
    );
    const since = new Date();
    const promotion = await delivery.promote('full', freight, this.#options.person);
    if ('refused' in promotion) {
      throw new NotAsExpected(`version ${version} was refused by full: ${promotion.refused}`);
    }
    this.#promoted(version, promotion);
    const { phase, message } = promotion.status;
    this.#require(
      phase === 'Succeeded',
      `promotion of version ${version} to full ${phase}: ${message}`,
    );
    const full = await this.#verified('full', release, freight, since);
    this.#require(full.phase === 'Successful', `full refused version ${version}: ${full.reason}`);
    this.#measure(`version ${version}: push → verified in full`, release.pushedAt, Date.now());
    return freight;
  }

  /** A good version that waits in canary. */
  async #inCanary(version: number): Promise<Freight> {
    this.#options.progress.act(`Version ${version}: push → canary`);
    const { release, freight } = await this.#release(version, null);
    const canary = await this.#toCanary(release, freight);
    this.#require(
      canary.phase === 'Successful',
      `canary refused version ${version}: ${canary.reason}`,
    );
    return freight;
  }

  /** The same with a defect; what a person tries with it, and that production runs on untouched. */
  async #defectiveVersion(version: number): Promise<string> {
    const { progress, delivery, fault } = this.#options;
    progress.act(`Version ${version}, defective: ${fault.about}`);
    const before = await this.#production();
    const { release, freight } = await this.#release(version, fault);
    const canary = await this.#toCanary(release, freight);
    this.#require(canary.phase !== 'Successful', `the gates passed ${fault.name}`);
    this.#require(
      canary.failedChecks.includes(fault.check),
      `${fault.name} was refused by ${canary.failedChecks.join(', ') || canary.reason}, not by ${fault.check}`,
    );
    const attempt = await delivery.promote('full', freight, this.#options.person);
    if (!('refused' in attempt)) {
      this.#promoted(version, attempt);
      throw new NotAsExpected(
        `full was promoted although the canary refused: ${attempt.status.phase}`,
      );
    }
    this.#refusal = attempt.refused;
    progress.note(`a person tries full all the same: ${attempt.refused}`, 'good');
    const after = await this.#production();
    this.#require(after === before, `production changed: ${before} before, ${after} after`);
    progress.note('the pods of production are the same as before', 'good');
    return `two good versions were verified in full; ${fault.name} was refused by ${fault.check}`;
  }

  async #release(
    version: number,
    fault: Fault | null,
  ): Promise<{ readonly release: Release; readonly freight: Freight }> {
    const { forge, delivery, progress, install } = this.#options;
    progress.current(`building the image of version ${version}`);
    const release = await publishRelease(forge, version, fault);
    progress.note(
      `pushed ${release.commit.slice(0, 12)} to main; its image took ${(release.buildMs / 1000).toFixed(1)} s`,
    );
    this.#timings.push({ what: `version ${version}: image`, seconds: seconds(release.buildMs) });
    if (version === 1) {
      const begun = Date.now();
      await install(join(forge.folder, `version-${version}`));
      this.#measure('Argo CD delivers the bundle', begun, Date.now());
    }
    const asked = Date.now();
    const freight = await delivery.freightOf(release);
    this.#measure(`version ${version}: Freight after a refresh`, asked, Date.now());
    const imageDigest = freight.images[0]?.digest ?? '';
    this.#releases.push({
      version,
      commit: release.commit,
      imageDigest,
      freight: freight.metadata.name,
    });
    progress.note(
      `Freight ${freight.metadata.name.slice(0, 12)}, image ${imageDigest.slice(0, 19)}…`,
      'good',
    );
    return { release, freight };
  }

  async #toCanary(release: Release, freight: Freight): Promise<VerificationRecord> {
    // Kargo needs nobody's leave: it may have begun before this run saw the Freight.
    const since = new Date(release.pushedAt);
    const promotion = await this.#options.delivery.autoPromotion('canary', freight);
    this.#promoted(release.version, promotion);
    const { phase, message } = promotion.status;
    this.#require(
      phase === 'Succeeded',
      `promotion of version ${release.version} to canary ${phase}: ${message}`,
    );
    const record = await this.#verified('canary', release, freight, since);
    this.#measure(
      `version ${release.version}: push → ${record.phase === 'Successful' ? 'verified' : 'refused'} in canary`,
      release.pushedAt,
      Date.now(),
    );
    return record;
  }

  async #verified(
    stage: StageName,
    release: Release,
    freight: Freight,
    since: Date,
  ): Promise<VerificationRecord> {
    const { delivery, kubectl, output, progress } = this.#options;
    const outcome = await delivery.verified(stage, freight, since);
    const traces = await tracesOf(kubectl, {
      stage,
      commit: release.commit,
      // Clocks of nodes differ a little, and these have whole seconds.
      since: new Date(since.getTime() - 5000),
      analysisRun: outcome.analysisRun,
      folder: join(output, `version-${release.version}-${stage}`),
    });
    const { evidence } = traces;
    const overhead = evidence === null ? null : overheadOf(evidence);
    const record: VerificationRecord = {
      version: release.version,
      stage,
      phase: outcome.phase,
      shown: traces.shown || outcome.message,
      verdict: evidence?.verdict ?? null,
      reason: evidence?.reason ?? `no evidence; latest verdict ${traces.latest ?? 'none'}`,
      failedChecks: (evidence?.checks ?? [])
        .filter(({ status }) => status === 'fail')
        .map(({ id }) => id),
      seconds: span(outcome.startedAt, outcome.finishedAt),
      overhead,
    };
    this.#verifications.push(record);
    const extra =
      overhead === null
        ? ''
        : `; ${(overhead.overheadMs / 1000).toFixed(1)} s beside demanded waits, ${(overhead.podStartMs / 1000).toFixed(1)} s of them starting pods`;
    progress.note(
      `${stage} verification ${outcome.phase} in ${record.seconds} s: ${record.reason}${extra}`,
      outcome.phase === 'Successful' ? 'good' : 'bad',
    );
    // Kargo believes an exit code; this run wants to see what was judged.
    if (
      outcome.phase === 'Successful' &&
      (evidence?.verdict !== 'PASS' || traces.latest !== 'PASS')
    ) {
      throw new NotAsExpected(
        `the verification of ${stage} was Successful, but its evidence says ${evidence?.verdict ?? 'nothing'} and the latest verdict ${traces.latest ?? 'nothing'}`,
      );
    }
    return record;
  }

  #promoted(version: number, promotion: Promotion): void {
    const { metadata, spec, status } = promotion;
    const record: PromotionRecord = {
      version,
      stage: spec.stage,
      name: metadata.name,
      freight: spec.freight,
      actor: metadata.annotations['kargo.akuity.io/create-actor'] ?? '',
      phase: status.phase,
      message: status.message,
      steps: status.stepExecutionMetadata.map(({ alias, status: state, message }) => ({
        alias,
        status: state,
        message,
      })),
      seconds: span(metadata.creationTimestamp, status.finishedAt ?? ''),
    };
    this.#promotions.push(record);
    this.#options.progress.note(
      `promotion to ${spec.stage} ${status.phase} in ${record.seconds} s${status.message === '' ? '' : `: ${status.message}`}`,
      status.phase === 'Succeeded' ? 'good' : 'bad',
    );
  }

  /** Who runs in production: names and restarts of its pods, without those of Jobs. */
  async #production(): Promise<string> {
    const pods = await this.#options.kubectl.list(
      'pods',
      'orderbooks',
      pod,
      'app.kubernetes.io/component in (ws-recorder, collector)',
    );
    return pods
      .map(({ metadata, status }) => {
        const restarts = status.containerStatuses.map(({ restartCount }) => restartCount);
        return `${metadata.name} (${restarts.join('+')} restarts)`;
      })
      .sort()
      .join(', ');
  }

  #require(holds: boolean, otherwise: string): void {
    if (!holds) throw new NotAsExpected(otherwise);
  }

  #measure(what: string, from: number, until: number): void {
    this.#timings.push({ what, seconds: seconds(until - from) });
  }

  #ending(verdict: Ending['verdict'], summary: string): Ending {
    return {
      verdict,
      summary,
      releases: this.#releases,
      promotions: this.#promotions,
      verifications: this.#verifications,
      scenarios: this.#scenarios,
      refusal: this.#refusal,
      timings: this.#timings,
    };
  }
}

/** The cluster did something else than it should: a result, not a failure of the run. */
class NotAsExpected extends E2eError {
  constructor(message: string) {
    super('NOT_AS_EXPECTED', message);
  }
}

function span(from: string, until: string): number {
  const value = (Date.parse(until) - Date.parse(from)) / 1000;
  return Number.isFinite(value) ? value : 0;
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
