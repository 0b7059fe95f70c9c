import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kubectl } from '../cluster/kubectl.ts';
import type { Progress } from '../rehearse/progress.ts';
import type { Change } from './changes.ts';
import { type Delivery, PROJECT } from './delivery.ts';
import { E2eError } from './error.ts';
import { delivered } from './installation.ts';
import { configMap, type Freight } from './objects.ts';
import { type Forge, publishChange } from './release.ts';
import { differencesOf, replay } from './replay.ts';
import type { ScenarioRecord } from './result.ts';
import { configMapsNow, outcomeOf, photograph, rawPromotionOf } from './snapshot.ts';

export interface ScenarioOptions {
  readonly kubectl: Kubectl;
  readonly delivery: Delivery;
  readonly forge: Forge;
  readonly repoURL: string;
  readonly uiBaseUrl: string;
  readonly output: string;
  readonly person?: string;
  readonly progress: Progress;
  /** Ran in full before. */
  readonly old: Freight;
  /** Verified in canary, never in full. */
  readonly fresh: Freight;
}

const CALENDAR = 'kargo/configmap-market-sessions.yaml';
const TICKET_LIFETIME_MS = 3_600_000;
const WAITING_GATE: Change = {
  kind: 'component',
  kustomization: 'kargo',
  component: 'kargo/components/waiting-gate',
  why: 'a scenario',
};
const WAITS_AT = 'market-gate::wait';
/** Kargo asks at once and then waits: standing for so long it has asked. */
const STANDS_MS = 5000;

/**
 * Promotes on the real cluster as the rehearsal's scenarios do, and carries each promotion out once more with the
 * rehearsal's engine: phase, step statuses, messages, outputs, metadata and branch have to be the same.
 */
export async function playScenarios(options: ScenarioOptions): Promise<readonly ScenarioRecord[]> {
  const { delivery, fresh, old, progress } = options;
  const play = new Play(options);
  progress.act('The same promotions by real Kargo and by the engine of the rehearsal');
  const lost = await play.loseEvidence();
  await play.promote('evidence-missing', fresh, 'evidence-gate::refused');
  await play.giveBack(lost);
  await play.market('00:00-24:00');
  await play.promote('market-open-refused', fresh, 'market-gate::closed');
  await play.fileTicket('e2e', fresh);
  await play.promote('break-glass-used', fresh, null);
  await play.promote('second-use-refused', fresh, 'market-gate::closed');
  await delivery.ticket(null);
  await play.market('closed');
  await play.promote('rollback', old, null, { trailers: ['Rollback-To'] });
  await play.promote('market-closed', fresh, null);
  await play.market('00:00-24:00', [WAITING_GATE]);
  await play.promote('waits-for-ticket', old, null, {
    trailers: ['Rollback-To', 'Break-Glass-Id'],
    opens: () => play.fileTicket('e2e-waiting', old),
  });
  await delivery.ticket(null);
  const since = new Date();
  await play.promote('waits-for-session', fresh, null, { opens: () => play.market('closed') });
  // Its gates restart the collector of production; what comes next looks whether production changes.
  const { phase } = await delivery.verified('full', fresh, since);
  progress.note(`the verification in full of the last promotion ended: ${phase}`);
  return play.records;
}

class Play {
  readonly records: ScenarioRecord[] = [];
  readonly #options: ScenarioOptions;
  #checkout: string;
  #actor = '';

  constructor(options: ScenarioOptions) {
    this.#options = options;
    this.#checkout = '';
  }

  /**
   * One promotion to full, twice: by Kargo, then by the engine from what stood before it. With `opens` it has to wait at
   * its market gate until that was done.
   */
  async promote(
    name: string,
    freight: Freight,
    refusedBy: string | null,
    expects: {
      /** Of the commit that it makes. */
      readonly trailers?: readonly string[];
      readonly opens?: () => Promise<void>;
    } = {},
  ): Promise<void> {
    const { kubectl, delivery, forge, repoURL, uiBaseUrl, output, person, progress } =
      this.#options;
    const { trailers = [], opens } = expects;
    const folder = await mkdtemp(join(forge.folder, `${name}-`));
    const { pushUrl, signal } = forge;
    const checkout = await this.#current();
    const snapshot = await photograph(kubectl, { checkout, repoURL, pushUrl, folder, signal });
    const made = await delivery.begin('full', freight, person);
    if ('refused' in made) {
      this.#record({
        name,
        phase: 'refused at creation',
        expected: false,
        differences: [made.refused],
      });
      return;
    }
    if (opens !== undefined) {
      await delivery.standsAt(made.name, WAITS_AT, STANDS_MS);
      progress.note(`Kargo waits at ${WAITS_AT}`);
      await opens();
    }
    await delivery.ended(made.name);
    const real = await rawPromotionOf(kubectl, made.name);
    const waited = opens === undefined ? null : WAITS_AT;
    const ours = await outcomeOf(kubectl, real, pushUrl, folder, waited);
    const engine = await replay(snapshot, real, {
      folder,
      uiBaseUrl,
      signal,
      ...(waited === null
        ? {}
        : { meanwhile: { alias: waited, configMaps: await configMapsNow(kubectl) } }),
    });
    const differences = differencesOf(ours, engine);
    const refusing = ours.steps.find(({ status }) => status === 'Failed' || status === 'Errored');
    const lines = ours.branch?.message.split('\n') ?? [];
    const missing = trailers.filter((key) => !lines.some((line) => line.startsWith(`${key}: `)));
    const expected =
      missing.length === 0 &&
      (refusedBy === null ? ours.phase === 'Succeeded' : refusing?.alias === refusedBy);
    if (missing.length > 0) progress.note(`the commit has no trailer ${missing.join(', ')}`, 'bad');
    await writeFile(
      join(output, `scenario-${name}.json`),
      `${JSON.stringify({ real: ours, engine, differences }, null, 2)}\n`,
    );
    progress.note(
      `${name}: ${ours.phase}${ours.message === '' ? '' : `, ${ours.message}`}`,
      expected ? 'good' : 'bad',
    );
    this.#record({ name, phase: ours.phase, expected, differences });
  }

  /** Who Kargo takes this run to be, as its expressions see it. */
  async actor(): Promise<string> {
    if (this.#actor !== '') return this.#actor;
    const { kubectl } = this.#options;
    const text = await kubectl.run([
      'get',
      'promotions.kargo.akuity.io',
      `--namespace=${PROJECT}`,
      '--sort-by=.metadata.creationTimestamp',
      '--output=jsonpath={.items[-1:].metadata.annotations.kargo\\.akuity\\.io/create-actor}',
    ]);
    const parts = text.split(':');
    this.#actor = parts.length === 2 ? (parts[1] ?? '') : text;
    return this.#actor;
  }

  /** Files a valid ticket for this run's person, as in Kargo's UI. */
  async fileTicket(prefix: string, freight: Freight): Promise<void> {
    const { delivery, forge } = this.#options;
    await delivery.ticket({
      id: `${prefix}-${forge.runId}`,
      stage: 'full',
      freight: freight.metadata.name,
      operator: await this.actor(),
      justification: 'an end-to-end run, which nobody waits for',
      expiresAt: `${new Date(Date.now() + TICKET_LIFETIME_MS).toISOString().slice(0, 19)}Z`,
    });
  }

  /** Writes today's entry of the calendar to main, with what else changes, and waits until Argo CD has delivered it. */
  async market(entry: string, changes: readonly Change[] = []): Promise<void> {
    const { kubectl, forge, progress } = this.#options;
    const today = new Date().toISOString().slice(0, 10);
    const { commit, folder } = await publishChange(forge, `Calendar: ${today} ${entry}`, [
      { kind: 'value', file: CALENDAR, path: `data.${today}`, value: entry, why: 'a scenario' },
      ...changes,
    ]);
    this.#checkout = folder;
    await delivered({ kubectl, progress, signal: forge.signal }, commit);
    progress.note(`the calendar says ${entry} for ${today}`);
  }

  /** Deletes the latest verdict of the canary's gates on the fresh Freight; what is needed to give it back. */
  async loseEvidence(): Promise<string> {
    const { kubectl, fresh } = this.#options;
    const commit = fresh.commits[0]?.id ?? '';
    const all = await kubectl.list('configmaps', PROJECT, configMap, 'orderbooks-evidence=latest');
    const found = all.find(({ metadata }) =>
      metadata.name.startsWith(`evidence-canary-${commit.slice(0, 12)}-`),
    );
    if (found === undefined) {
      throw new E2eError('NOT_SEEN', `there is no verdict of canary on ${commit.slice(0, 12)}`);
    }
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: found.metadata.name, namespace: PROJECT, labels: found.metadata.labels },
      data: found.data,
    });
    await kubectl.run(['delete', 'configmap', found.metadata.name, `--namespace=${PROJECT}`]);
    return text;
  }

  async giveBack(text: string): Promise<void> {
    await this.#options.kubectl.run(['create', '-f', '-'], text);
  }

  /** A checkout of what Argo CD delivers. */
  async #current(): Promise<string> {
    const { kubectl, forge, progress } = this.#options;
    if (this.#checkout === '') {
      const { commit, folder } = await publishChange(forge, 'Begin the scenarios', []);
      this.#checkout = folder;
      // Argo CD looks every few minutes: until then promotions go by the tasks of the release before.
      await delivered({ kubectl, progress, signal: forge.signal }, commit);
    }
    return this.#checkout;
  }

  #record(record: ScenarioRecord): void {
    const { progress } = this.#options;
    this.records.push(record);
    if (record.differences.length === 0) progress.note('the engine says exactly the same', 'good');
    for (const line of record.differences) progress.note(line.slice(0, 1000), 'bad');
  }
}
