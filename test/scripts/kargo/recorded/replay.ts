import type { AdmittedPromotion } from '../../../../scripts/kargo/admission.ts';
import { makeFreight } from '../../../../scripts/kargo/freight.ts';
import { admitFreight } from '../../../../scripts/kargo/freight-admission.ts';
import type { MemoryWorld } from '../../../../scripts/kargo/memory-world.ts';
import { ProjectState } from '../../../../scripts/kargo/project-state.ts';
import type { PromotionResult } from '../../../../scripts/kargo/promotion.ts';
import { compareAfter } from './after.ts';
import { CasePromotions } from './case-promotions.ts';
import { changeAnswer } from './changes.ts';
import { Comparison } from './comparison.ts';
import { freightName, requester, storedResult, storedStep, storedVars, texts } from './forms.ts';
import { filled } from './placeholders.ts';
import { list, type Raw, type Recording, record, text } from './record.ts';
import { freightOf, recordedProject, recordedWorld } from './recorded-project.ts';
import { NO_SERVER, type RecordedRemote, type Server } from './remote.ts';

const MILLISECONDS_PER_ACT = 1000;
/** Differences between a recorded case and what this engine makes of it; empty where they agree. */
export async function replay(
  recording: Recording,
  remote: RecordedRemote,
  httpOrigin: string,
): Promise<readonly string[]> {
  const server = /"git-clone"|"Application"/.test(JSON.stringify(recording.raw))
    ? remote.serve()
    : NO_SERVER;
  try {
    return await new Replay(remote.local(recording.raw), server, httpOrigin).run();
  } finally {
    server.remove();
  }
}

/** One case being replayed: its own time, world and Project. */
class Replay {
  readonly #raw: Raw;
  readonly #server: Server;
  readonly #world: MemoryWorld;
  readonly #state: ProjectState;
  readonly #refused: ReturnType<typeof recordedProject>['refused'];
  readonly #comparison: Comparison;
  readonly #promotions: CasePromotions;
  readonly #time = { now: Date.parse('2026-11-21T10:00:00Z') };

  constructor(raw: Raw, server: Server, httpOrigin: string) {
    const bindings = new Map<string, string>();
    this.#raw = filled(raw, bindings);
    this.#comparison = new Comparison(bindings);
    this.#server = server;
    const objects = list(this.#raw['objects']);
    const { project, refused } = recordedProject(objects);
    this.#refused = refused;
    const freight = list(this.#raw['freight']).map(freightOf);
    this.#world = recordedWorld(objects, freight, [...project.stages.keys()], server, httpOrigin);
    this.#state = new ProjectState(project, () => this.#time.now);
    this.#promotions = new CasePromotions({
      raw: this.#raw,
      server,
      world: this.#world,
      state: this.#state,
      comparison: this.#comparison,
      time: this.#time,
    });
  }

  async run(): Promise<readonly string[]> {
    this.#compareObjects();
    const acts = list(this.#raw['sequence']);
    const later = new Set(
      acts.filter(({ step }) => text(step).startsWith('new Freight')).map((act) => act['freight']),
    );
    for (const freight of list(this.#raw['freight']).map(freightOf)) {
      if (!later.has(freight.name)) this.#discover(freight.name);
    }
    const wasEnded = acts.length === 0 || this.#raw['result'] !== undefined;
    if (this.#raw['request'] !== undefined && wasEnded) await this.#request(this.#raw, 'case');
    for (const act of acts) await this.#act(act);
    this.#compareFreightAdmission();
    compareAfter(this.#comparison, this.#raw, {
      server: this.#server,
      state: this.#state,
      world: this.#world,
      verification: this.#promotions.verification,
      analysisRuns: this.#promotions.analysisRuns,
    });
    return this.#comparison.result();
  }

  #compareObjects(): void {
    const expected = list(this.#raw['objectAdmission']).filter(({ allowed }) => allowed === false);
    const actual = this.#refused.map(({ object, refusal }) => ({
      kind: object['kind'],
      name: record(object['metadata'])['name'],
      ...refusal,
    }));
    this.#comparison.compare('objectAdmission', expected, actual);
  }

  #compareFreightAdmission(): void {
    if (this.#raw['createdFreight'] === undefined) return;
    const expected = record(this.#raw['freightAdmission']);
    const created = freightOf(record(this.#raw['createdFreight']));
    // Names were made from addresses that the recording replaces, so they are made again and translated.
    const renamed = new Map<string, string>();
    const existing = this.#state.records().map(({ freight }) => {
      const { name } = makeFreight({ ...freight, origin: freight.origin.name });
      renamed.set(name, freight.name);
      return { ...freight, name };
    });
    const admission = admitFreight(this.#state.project, existing, created);
    let message = admission.allowed ? '' : admission.message;
    for (const [made, recorded] of renamed) message = message.replaceAll(made, recorded);
    this.#comparison.compare(
      'freightAdmission',
      { allowed: expected['allowed'], message: expected['message'] ?? '' },
      {
        allowed: admission.allowed,
        message,
      },
    );
  }

  #discover(name: string): void {
    const raw = list(this.#raw['freight']).find(
      ({ metadata }) => record(metadata)['name'] === name,
    );
    if (raw === undefined) return;
    this.#time.now += MILLISECONDS_PER_ACT;
    this.#state.addFreight(freightOf(raw));
  }

  async #act(act: Raw): Promise<void> {
    const name = text(act['step']);
    this.#time.now += MILLISECONDS_PER_ACT;
    const wait = / (\d+) s\b/.exec(name)?.[1];
    if (wait !== undefined) this.#time.now += Number(wait) * MILLISECONDS_PER_ACT;
    if (act['request'] !== undefined) {
      await this.#request(act, name);
      await this.#promotions.settle();
    } else if (name.startsWith('new Freight')) {
      this.#discover(text(act['freight']));
    } else if (act['result'] !== undefined) {
      await this.#finishQueued(name, record(act['result']));
    } else if (
      !/withdrawn|deleted/.test(name) &&
      this.#queue.length > 0 &&
      this.#actOnRunning(name, act)
    ) {
      // Done, or noted for the moment when the running Promotion waits.
    } else if (name === 'exists') {
      this.#comparison.compare(name, act['exists'], this.#queue.length > 0);
    } else if (name === 'abort after the end') {
      // Nothing is left to abort.
    } else if (name === 'phase') {
      this.#comparison.compare(name, act['phase'], this.#promotions.made.at(-1)?.entry['phase']);
    } else if (name === 'abort' && act['code'] === 200) {
      await this.#promotions.settleAborting();
    } else if (name === 'approve for the Stage') {
      this.#state.approve(text(this.#raw['case']), text(freightName(this.#raw)));
    } else if (Array.isArray(act['promotions'])) {
      await this.#promotions.settle();
      // That nothing was promoted is an answer too.
      this.#comparison.happened();
      const stage =
        name === 'upstream'
          ? `${text(this.#raw['case'])}-a`
          : this.#autoStages().includes(text(this.#raw['case']))
            ? text(this.#raw['case'])
            : '';
      this.#comparison.compare(
        name,
        act['promotions'],
        this.#promotions.made
          .filter((made) => stage === '' || made.stage === stage)
          .map(({ entry }) => entry),
      );
    } else if ('holds' in act) {
      const expected = act['holds'] === null ? [] : Object.keys(record(act['holds']));
      const actual = this.#autoStages().flatMap((stage) =>
        this.#state.holds(stage).map((origin) => `Warehouse/${origin}`),
      );
      this.#comparison.compare(name, expected, actual);
    } else if (name === 'both Freight approved, first runs, second queued') {
      this.#queueSecond();
    } else if (name === 'approval withdrawn while queued') {
      this.#state.withdrawApproval(text(this.#raw['case']), this.#second());
    } else {
      const answer = changeAnswer(act, this.#raw, this.#state, this.#promotions.promoted);
      if (answer === null) this.#comparison.note(`${name}: an act this replay cannot make`);
      else this.#comparison.compare(name, { code: act['code'], message: act['message'] }, answer);
    }
  }

  /** The Freight of the Promotion behind the first one, which runs for ever. */
  #second(): string {
    return text(record(list(this.#raw['freight']).at(-1)?.['metadata'])['name']);
  }

  #queueSecond(): void {
    const stage = text(this.#raw['case']);
    const freight = this.#second();
    this.#state.approve(stage, freight);
    const promotion = this.#state.admit({ stage, freight }, requester('alice'));
    if (promotion.allowed) this.#queue.push({ name: 'second', promotion, actor: 'alice' });
    else this.#comparison.note(`second: ${promotion.message}`);
  }

  /** Promotions that were created and have not ended, in order. */
  readonly #queue: {
    readonly name: string;
    readonly promotion: AdmittedPromotion;
    readonly actor: string;
  }[] = [];
  /** Carries queued Promotions out, up to the one whose end was recorded. */
  async #finishQueued(name: string, expected: Raw): Promise<void> {
    for (;;) {
      const next = this.#queue.shift();
      if (next === undefined) {
        this.#comparison.note(`${name}: no Promotion is running`);
        return;
      }
      const { stage, freight } = next.promotion;
      const fault = this.#state.faultAtStart(stage, freight);
      const result =
        fault === null
          ? await this.#promotions.promote(next.promotion, next.actor)
          : notStarted(fault);
      if (this.#queue.length > 0 && !next.name.startsWith(name) && name !== 'end') continue;
      this.#compareResult(name, expected, result);
      return;
    }
  }

  #actOnRunning(name: string, act: Raw): boolean {
    if (name === 'phase') this.#comparison.compare(name, act['phase'], 'Running');
    else if ('first' in act && 'second' in act) {
      this.#comparison.compare(name, [act['first'], act['second']], ['Running', 'Pending']);
    } else if (name.startsWith('delete')) this.#queue.shift();
    else if (name.startsWith('the Stage gets other steps')) return true;
    else if (name.startsWith('the ConfigMap changes')) {
      this.#promotions.whileWaiting(() =>
        this.#world.configMaps.set(this.#promotions.ownConfigMap(), { k: 'new' }),
      );
    } else if ('value' in act) this.#abort(act);
    else return false;
    return true;
  }

  /** Only the action `terminate` of somebody who may patch Promotions aborts. */
  #abort(act: Raw): void {
    const stored = text(act['stored']);
    if (act['code'] !== 200 || !stored.includes('"terminate"')) return;
    const { actor } = record(JSON.parse(stored));
    this.#promotions.abort(text(actor));
  }

  #autoStages(): readonly string[] {
    return [...this.#state.project.stages.keys()];
  }

  async #request(act: Raw, name: string): Promise<void> {
    const request = record(act['request']);
    const spec = record(request['spec']);
    const metadata = record(request['metadata']);
    const origin = record(spec['origin']);
    const freight = spec['freight'];
    const admission = this.#state.admit(
      {
        stage: text(spec['stage']),
        ...(typeof freight === 'string' ? { freight } : {}),
        ...('origin' in spec ? { origin: { kind: 'Warehouse', name: text(origin['name']) } } : {}),
        annotations: texts(metadata['annotations']),
        labels: texts(metadata['labels']),
      },
      requester(act['actor'] ?? this.#raw['actor']),
    );
    const expected = record(act['admission']);
    this.#compareAdmission(name, expected, admission);
    if (!admission.allowed || expected['allowed'] !== true) return;
    if (act['result'] === undefined && Array.isArray(this.#raw['sequence'])) {
      this.#queue.push({ name, promotion: admission, actor: text(act['actor']) });
      return;
    }
    const result = await this.#promotions.promote(admission, text(act['actor']));
    this.#compareResult(name, record(act['result']), result);
  }

  #compareAdmission(name: string, expected: Raw, actual: ReturnType<ProjectState['admit']>): void {
    if (!actual.allowed || expected['allowed'] !== true) {
      this.#comparison.compare(`${name}: admission`, expected, actual);
      return;
    }
    this.#comparison.compare(`${name}: admission`, expected, {
      allowed: true,
      ...('inflatedSteps' in expected ? { inflatedSteps: actual.steps.map(storedStep) } : {}),
      ...(actual.vars.length > 0 ? { vars: storedVars(actual.vars) } : {}),
      annotations: actual.annotations,
      labels: actual.labels,
    });
  }

  #compareResult(name: string, expected: Raw, actual: PromotionResult): void {
    const stored = this.#server.asRecorded(storedResult(actual, expected));
    this.#comparison.compare(`${name}: result`, expected, stored);
  }
}

function notStarted(message: string): PromotionResult {
  return { phase: 'Errored', message, currentStep: 0, steps: [], state: {}, healthChecks: [] };
}
