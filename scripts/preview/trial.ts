import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdmittedPromotion } from '../kargo/admission.ts';
import type { Project } from '../kargo/project.ts';
import { promote } from '../kargo/promote.ts';
import type { PromotionResult } from '../kargo/promotion.ts';
import { assumedEvidence } from './assumed-evidence.ts';
import { repositoryOf } from './checkout.ts';
import { PreviewError } from './error.ts';
import { decisionOf, gatesAmong, groupOf } from './gates.ts';
import type { PreviewRequest } from './request.ts';
import type { GateDecision, PreviewStep } from './result.ts';
import type { Scratch } from './scratch.ts';
import { ARGOCD, PROJECT } from './source.ts';
import { PreviewClock, PreviewWorld } from './world.ts';

/** A promotion that still waits after this long, by its own clock, is told as waiting; no session lasts that long. */
const LONGEST_WAIT_MS = 4 * 24 * 3_600_000;

/** A promotion, or part of one, as far as it came. */
export interface Ran {
  readonly result: PromotionResult;
  readonly steps: readonly PreviewStep[];
}

/** Guards the one world and clock on which the parts of a preview are tried, one after the other. */
export class Trial {
  readonly assumptions: string[] = [];
  readonly #request: PreviewRequest;
  readonly #project: Project;
  readonly #scratch: Scratch;
  #world: PreviewWorld;
  #clock: PreviewClock;

  constructor(
    request: PreviewRequest,
    project: Project,
    promotion: AdmittedPromotion,
    scratch: Scratch,
  ) {
    this.#request = request;
    this.#project = project;
    this.#scratch = scratch;
    this.#clock = new PreviewClock(request.at.getTime());
    this.#world = this.#newWorld(promotion);
  }

  async run(promotion: AdmittedPromotion, name: string): Promise<Ran> {
    const workDir = join(this.#scratch.folder, name);
    await mkdir(workDir);
    const { subject, uiUrl } = this.#request;
    const limit = new AbortController();
    const input = { promotion, project: this.#project, freight: subject.record.freight };
    const options = {
      world: this.#world,
      workDir,
      clock: this.#clock,
      uiBaseUrl: uiUrl,
      signal: limit.signal,
    };
    const steps: PreviewStep[] = [];
    let waited = 0;
    for await (const event of promote(input, options)) {
      if (event.type === 'promotion-finished') return { result: event.result, steps };
      if (event.type === 'step-started') waited = 0;
      if (event.type === 'step-waiting') {
        waited += event.nextInMs;
        if (waited > LONGEST_WAIT_MS) limit.abort('the preview, which waited for four days');
      }
      if (event.type === 'step-finished') {
        const { alias, uses, status, message, field, config, output, simulated } = event;
        steps.push({
          alias,
          uses,
          status,
          message,
          field: field ?? null,
          config: config ?? null,
          output: output ?? null,
          waitedMs: waited,
          simulated: simulated ?? null,
        });
        waited = 0;
      }
    }
    throw new PreviewError('PROMOTION_VANISHED', `promotion ${promotion.name} has no result`);
  }

  /** What every gate decides: one that was not asked any more is asked alone. */
  async decisions(promotion: AdmittedPromotion, ran: Ran): Promise<readonly GateDecision[]> {
    const decided: GateDecision[] = [];
    for (const gate of gatesAmong(promotion.steps)) {
      const inPlace = decisionOf(gate, ran.result.steps, ran.result.state);
      if (inPlace !== null) {
        decided.push(inPlace);
        continue;
      }
      this.#reset(promotion);
      const steps = promotion.steps.filter(({ as }) => groupOf(as) === gate);
      const alone = await this.run({ ...promotion, steps }, `alone-${decided.length}`);
      const decision = decisionOf(gate, alone.result.steps, alone.result.state);
      if (decision !== null) decided.push(decision);
    }
    return decided;
  }

  /** The promotion without its gates, to see what would be pushed if they let it pass. */
  async renderAlone(promotion: AdmittedPromotion): Promise<Ran> {
    this.#reset(promotion);
    const gates = gatesAmong(promotion.steps);
    const steps = promotion.steps.filter(
      ({ as, uses }) => uses !== 'fail' && !gates.includes(groupOf(as)),
    );
    return this.run({ ...promotion, steps }, 'render-alone');
  }

  #reset(promotion: AdmittedPromotion): void {
    this.#clock = new PreviewClock(this.#request.at.getTime());
    this.#world = this.#newWorld(promotion);
  }

  #newWorld(promotion: AdmittedPromotion): PreviewWorld {
    const { source, subject, configMaps, assumeEvidence, at } = this.#request;
    const clock = this.#clock;
    const known = source.freight.filter(
      ({ record }) => record.freight.name !== subject.record.freight.name,
    );
    const world = new PreviewWorld(
      {
        now: () => new Date(clock.now()),
        project: PROJECT,
        freight: [subject, ...known].map(({ record }) => record.freight.name),
        stages: [...this.#project.stages.keys()],
        applications: source.applications.map((application) => ({
          ...application,
          metadata: { ...application.metadata, namespace: ARGOCD },
        })),
        gitEnvironment: this.#scratch.gitEnvironment(repositoryOf(source.objects)),
      },
      (branch) => revisionIn(this.#scratch, branch),
    );
    for (const [name, data] of [...source.configMaps, ...configMaps]) {
      world.configMaps.set(`${PROJECT}/${name}`, data);
    }
    for (const { record, metadata } of [...known, subject]) {
      if (metadata !== null) world.setFreightMetadata(PROJECT, record.freight.name, metadata);
    }
    if (assumeEvidence) {
      const upstream = (
        this.#project.stages.get(promotion.stage)?.spec.requestedFreight ?? []
      ).flatMap(({ sources }) => sources.stages);
      for (const judge of upstream) {
        const evidence = assumedEvidence(judge, subject.record.freight, at);
        for (const [name, data] of evidence) world.configMaps.set(`${PROJECT}/${name}`, data);
        this.#note(
          `the gates of ${judge} passed this image and commit just now (--assume-evidence)`,
        );
      }
    }
    return world;
  }

  #note(assumption: string): void {
    if (!this.assumptions.includes(assumption)) this.assumptions.push(assumption);
  }
}

function revisionIn(scratch: Scratch, branch: string): string {
  try {
    return readFileSync(join(scratch.repository, 'refs', 'heads', branch), 'utf8').trim();
  } catch {
    // Nothing was pushed there: Argo CD would not find the branch either.
    return '';
  }
}
