import { stringify } from 'yaml';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Progress } from '../rehearse/progress.ts';
import { PROJECT } from '../settings/names.ts';
import { E2eError } from './error.ts';
import {
  configMap,
  type Freight,
  freight,
  type Promotion,
  promotion,
  type Stage,
  stage,
} from './objects.ts';
import type { Release } from './release.ts';
import { type Look, until } from './waiting.ts';

export { PROJECT };

const WAREHOUSE = 'orderbooks';
const STAGES = 'stages.kargo.akuity.io';
const PROMOTIONS = 'promotions.kargo.akuity.io';
const FREIGHTS = 'freights.kargo.akuity.io';
const ENDED = ['Succeeded', 'Failed', 'Errored', 'Aborted'];
const VERIFIED = ['Successful', 'Failed', 'Error', 'Inconclusive', 'Aborted'];

/** Each is generous: what is slow is told, what never comes must end. Milliseconds. */
const TIMEOUTS = {
  freight: 180_000,
  autoPromotion: 120_000,
  promotion: 900_000,
  verificationStart: 600_000,
} as const;

export interface Verified {
  readonly phase: string;
  readonly message: string;
  readonly analysisRun: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** What a person and Kargo do with releases, over Kargo's own objects. */
export class Delivery {
  readonly #kubectl: Kubectl;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #verificationTimeoutMs: number;

  constructor(options: {
    readonly kubectl: Kubectl;
    readonly progress: Progress;
    readonly signal: AbortSignal;
    /** Below it a verification that is under way is waited for; its Job has a deadline of its own. */
    readonly verificationTimeoutMs: number;
  }) {
    this.#kubectl = options.kubectl;
    this.#progress = options.progress;
    this.#signal = options.signal;
    this.#verificationTimeoutMs = options.verificationTimeoutMs;
  }

  /** Asks the Warehouse to look at once, and waits for the Freight of this release. */
  async freightOf(release: Release): Promise<Freight> {
    await this.#kubectl.run([
      'annotate',
      'warehouses.kargo.akuity.io',
      WAREHOUSE,
      `--namespace=${PROJECT}`,
      '--overwrite',
      `kargo.akuity.io/refresh=${new Date().toISOString()}`,
    ]);
    return this.#until(`Freight of ${release.commit.slice(0, 12)}`, TIMEOUTS.freight, async () => {
      const found = (await this.#kubectl.list(FREIGHTS, PROJECT, freight)).find(({ commits }) =>
        commits.some(({ id }) => id === release.commit),
      );
      return found === undefined ? { notYet: 'no such Freight' } : { done: found };
    });
  }

  /** Waits for the Promotion that Kargo makes by itself, and for its end. */
  async autoPromotion(stageName: string, target: Freight): Promise<Promotion> {
    const found = await this.#until(
      `a Promotion of ${short(target)} to ${stageName}`,
      TIMEOUTS.autoPromotion,
      async () => {
        const all = await this.#promotions(stageName);
        const own = all.find(({ spec }) => spec.freight === target.metadata.name);
        return own === undefined ? { notYet: 'none' } : { done: own };
      },
    );
    return this.ended(found.metadata.name);
  }

  /**
   * Promotes by hand, as the identity of the kubeconfig, or as `person` by impersonation. The message of a refusal at
   * creation is the answer `refused`.
   */
  async promote(
    stageName: string,
    target: Freight,
    person?: string,
  ): Promise<Promotion | { readonly refused: string }> {
    const begun = await this.begin(stageName, target, person);
    return 'refused' in begun ? begun : this.ended(begun.name);
  }

  /** The same without waiting for its end. */
  async begin(
    stageName: string,
    target: Freight,
    person?: string,
  ): Promise<{ readonly name: string } | { readonly refused: string }> {
    const object = {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      // Kargo's webhook gives the real name.
      metadata: { name: 'by-hand', namespace: PROJECT },
      spec: { stage: stageName, freight: target.metadata.name },
    };
    const answer = await this.#kubectl.answer(
      ['create', '-f', '-', '--output=name', ...(person === undefined ? [] : [`--as=${person}`])],
      stringify(object),
    );
    if (answer.code !== 0) return { refused: answer.error.trim() };
    return { name: answer.out.trim().split('/').at(-1) ?? '' };
  }

  /** Waits until a step of a Promotion is under way and has been for `forMs`: Kargo asked once and asks again. */
  async standsAt(name: string, alias: string, forMs: number): Promise<void> {
    await this.#until(`Promotion ${name} at ${alias}`, TIMEOUTS.promotion, async () => {
      const found = await this.#kubectl.find(PROMOTIONS, name, PROJECT, promotion);
      const { phase = '', stepExecutionMetadata: steps = [] } = found?.status ?? {};
      if (ENDED.includes(phase)) {
        throw new E2eError('NOT_SEEN', `Promotion ${name} ${phase} without standing at ${alias}`);
      }
      const step = steps.find((one) => one.alias === alias);
      const since = Date.parse(step?.startedAt ?? '');
      return step?.status === 'Running' && Date.now() - since >= forMs
        ? { done: undefined }
        : { notYet: `${phase} ${steps.at(-1)?.alias ?? ''}` };
    });
  }

  /** Waits until the Stage's verification of this Freight has ended. Only one that began after `since` counts. */
  async verified(stageName: string, target: Freight, since: Date): Promise<Verified> {
    const current = () => this.#stage(stageName);
    const look = async (): Promise<Look<Verified>> => {
      const seen = await current();
      const entry = seen.status.freightHistory[0];
      const holds = Object.values(entry?.items ?? {}).some(
        ({ name }) => name === target.metadata.name,
      );
      if (!holds) return { notYet: `${stageName} does not hold the Freight` };
      const last = entry?.verificationHistory[0];
      const fresh =
        last !== undefined && Date.parse(last.startTime ?? '') >= since.getTime() - 1000;
      if (!fresh || last === undefined) return { notYet: notStarted(seen) };
      if (!VERIFIED.includes(last.phase)) return { notYet: last.phase || 'started' };
      return {
        done: {
          phase: last.phase,
          message: last.message,
          analysisRun: last.analysisRun?.name ?? null,
          startedAt: last.startTime ?? '',
          finishedAt: last.finishTime ?? '',
        },
      };
    };
    return this.#until(
      `the verification of ${short(target)} in ${stageName}`,
      TIMEOUTS.verificationStart + this.#verificationTimeoutMs,
      look,
    );
  }

  /** Files a ticket, as a person does in Kargo's UI; null empties the form. */
  async ticket(fields: Readonly<Record<string, string>> | null): Promise<void> {
    const form = await this.#kubectl.find('configmap', 'break-glass', PROJECT, configMap);
    if (form === null) throw new E2eError('NOT_SEEN', 'ConfigMap break-glass is missing');
    const empty = Object.fromEntries(Object.keys(form.data).map((key) => [key, '-']));
    await this.#kubectl.run([
      'patch',
      'configmap',
      'break-glass',
      `--namespace=${PROJECT}`,
      '--type=merge',
      `--patch=${JSON.stringify({ data: { ...empty, ...fields } })}`,
    ]);
  }

  async ended(name: string): Promise<Promotion> {
    return this.#until(`Promotion ${name}`, TIMEOUTS.promotion, async () => {
      const found = await this.#kubectl.find(PROMOTIONS, name, PROJECT, promotion);
      if (found === null) return { notYet: 'not there' };
      if (ENDED.includes(found.status.phase)) return { done: found };
      const step = found.status.stepExecutionMetadata.at(-1);
      return { notYet: `${found.status.phase || 'created'} ${step?.alias ?? ''}`.trim() };
    });
  }

  async #promotions(stageName: string): Promise<readonly Promotion[]> {
    const all = await this.#kubectl.list(PROMOTIONS, PROJECT, promotion);
    return all.filter(({ spec }) => spec.stage === stageName);
  }

  async #stage(name: string): Promise<Stage> {
    const found = await this.#kubectl.find(STAGES, name, PROJECT, stage);
    if (found === null) throw new E2eError('NOT_SEEN', `there is no Stage ${name} in ${PROJECT}`);
    return found;
  }

  async #until<T>(what: string, timeoutMs: number, look: () => Promise<Look<T>>): Promise<T> {
    return until({ what, timeoutMs, signal: this.#signal, progress: this.#progress }, look);
  }
}

function notStarted(seen: Stage): string {
  const { health } = seen.status;
  const issues = health?.issues.join('; ') ?? '';
  return `not begun, health ${health?.status ?? 'unknown'}${issues === '' ? '' : `: ${issues}`}`;
}

function short({ metadata }: Freight): string {
  return `Freight ${metadata.name.slice(0, 12)}`;
}
