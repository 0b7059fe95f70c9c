import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OrderbooksError } from '../../runtime/errors.ts';
import { gitAnswer } from '../git.ts';
import { type AdmittedPromotion, admitPromotion } from '../kargo/admission.ts';
import { projectOf } from '../kargo/load.ts';
import type { FreightRecord, Project } from '../kargo/project.ts';
import { promote } from '../kargo/promote.ts';
import type { PromotionResult } from '../kargo/promotion.ts';
import type { Freight } from '../kargo/step.ts';
import { assumedEvidence } from './assumed-evidence.ts';
import { repositoryOf } from './checkout.ts';
import { syncPolicyOf } from './effect.ts';
import { PreviewError } from './error.ts';
import { decisionOf, gatesAmong, groupOf, withoutPrefix } from './gates.ts';
import { renderedTip } from './history.ts';
import { objectChanges } from './object-diff.ts';
import type { BranchChange, GateDecision, PreviewResult, PreviewStep } from './result.ts';
import { makeScratch, readingPlace, type Scratch } from './scratch.ts';
import { ARGOCD, PROJECT, type PreviewSource } from './source.ts';
import type { Subject } from './subject.ts';
import { objectsAt } from './trees.ts';
import { PreviewClock, PreviewWorld } from './world.ts';

export interface PreviewRequest {
  /** Root of the checkout, absolute. */
  readonly root: string;
  readonly stage: string;
  readonly source: PreviewSource;
  readonly subject: Subject;
  readonly at: Date;
  /** Who promotes, as Kargo would know them. */
  readonly actor: string;
  /** Address of Kargo's UI, for links; may be empty. */
  readonly uiUrl: string;
  /** Replaces ConfigMaps of the source. */
  readonly configMaps: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly assumeEvidence: boolean;
}

/** A promotion that still waits after this long, by its own clock, is told as waiting; no session lasts that long. */
const LONGEST_WAIT_MS = 4 * 24 * 3_600_000;

/**
 * Carries a promotion out in a temporary folder, on copies of everything, and tells what it did. Nothing outside that
 * folder is written; the only repository that is pushed to lies in it.
 *
 * @throws PreviewError where the promotion cannot be tried at all
 */
export async function preview(request: PreviewRequest): Promise<PreviewResult> {
  const began = performance.now();
  const { root, stage, source, subject } = request;
  const project = projectOf(PROJECT, source.objects);
  if (!project.stages.has(stage)) {
    throw new PreviewError(
      'STAGE_UNKNOWN',
      `expected one of ${[...project.stages.keys()].join(', ')}, got ${stage}`,
    );
  }
  const assumptions = [...source.assumptions, ...subject.assumptions];
  const admission = admitted(request, project, assumptions);
  const branch = `stage/${stage}`;
  const before = await renderedTip(readingPlace(root), branch);
  const common = {
    stage,
    at: request.at.toISOString(),
    actor: request.actor,
    freight: describedFreight(subject.record.freight),
    source: source.kind,
  };
  if (!admission.allowed) {
    return {
      ...common,
      verdict: 'NOT ADMITTED',
      summary: `Kargo would not create the promotion: ${admission.message}`,
      refusedAtCreation: admission.message,
      gates: [],
      steps: [],
      branch: {
        name: branch,
        before,
        pushed: false,
        problem: 'not tried',
        objects: [],
        unchanged: 0,
      },
      assumptions,
      durationMs: performance.now() - began,
    };
  }
  const commit = subject.record.freight.commits[0]?.id ?? null;
  const scratch = await makeScratch(root, { main: commit, [branch]: before });
  try {
    const trial = new Trial(request, project, admission, scratch);
    const ran = await trial.run(admission, 'promotion');
    const gates = await trial.decisions(admission, ran);
    const pushed = ran.steps.some(
      ({ uses, status }) => uses === 'git-push' && status === 'Succeeded',
    );
    const render = pushed ? ran : await trial.renderAlone(admission);
    return {
      ...common,
      ...verdictOf(ran, gates, stage),
      refusedAtCreation: null,
      gates,
      steps: ran.steps,
      branch: await branchChange(request, project, scratch, { branch, before, pushed, render }),
      assumptions: [...assumptions, ...trial.assumptions],
      durationMs: performance.now() - began,
    };
  } finally {
    await scratch.remove();
  }
}

interface Ran {
  readonly result: PromotionResult;
  readonly steps: readonly PreviewStep[];
}

/** Guards the one world and clock on which the parts of a preview are tried, one after the other. */
class Trial {
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

function admitted(
  { stage, subject, source, actor, at }: PreviewRequest,
  project: Project,
  assumptions: string[],
) {
  const inCluster =
    source.kind === 'cluster' &&
    source.freight.some(({ record }) => record.freight.name === subject.record.freight.name);
  // Only a cluster knows what was verified or approved.
  const record: FreightRecord = inCluster
    ? subject.record
    : {
        ...subject.record,
        status: { ...subject.record.status, approvedFor: { [stage]: { approvedAt: 0 } } },
      };
  if (source.kind === 'cluster' && !inCluster) {
    assumptions.push('the cluster has no such Freight: taken as if it had, available to the Stage');
  }
  return admitPromotion(
    project,
    [record],
    { stage, freight: record.freight.name },
    { username: actor === '' ? null : actor, mayCreate: true, mayPromote: true },
    at.getTime(),
  );
}

async function branchChange(
  { source, stage }: PreviewRequest,
  project: Project,
  scratch: Scratch,
  {
    branch,
    before,
    pushed,
    render,
  }: {
    readonly branch: string;
    readonly before: string | null;
    readonly pushed: boolean;
    readonly render: Ran;
  },
): Promise<BranchChange> {
  const nothing = { name: branch, before, pushed, objects: [], unchanged: 0 };
  const failed = render.steps.find(({ status }) => status === 'Failed' || status === 'Errored');
  const arrived = render.steps.some(
    ({ uses, status }) => uses === 'git-push' && status === 'Succeeded',
  );
  if (!arrived) {
    const why = failed === undefined ? 'no step pushes' : `${failed.alias}: ${failed.message}`;
    return { ...nothing, problem: why };
  }
  const after = await gitAnswer(scratch.place, 'rev-parse', '--verify', '--quiet', branch);
  try {
    const [old, fresh] = await Promise.all([
      objectsAt(scratch.place, before, join(scratch.folder, 'before')),
      objectsAt(
        scratch.place,
        after.code === 0 ? after.out.trim() : null,
        join(scratch.folder, 'after'),
      ),
    ]);
    const name = `orderbooks-${stage}`;
    const application = source.applications.find(
      ({ metadata }) =>
        metadata.name ===
        (project.stages.get(stage)?.spec.vars.find((entry) => entry.name === 'application')
          ?.value ?? name),
    );
    return {
      ...nothing,
      problem: null,
      ...objectChanges(old, fresh, syncPolicyOf(application ?? null)),
    };
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    return { ...nothing, problem: error.message };
  }
}

function verdictOf(
  { result, steps }: Ran,
  gates: readonly GateDecision[],
  stage: string,
): Pick<PreviewResult, 'verdict' | 'summary'> {
  if (result.phase === 'Succeeded') {
    const waits = steps.filter(({ waitedMs, uses }) => waitedMs > 0 && uses === 'http');
    const minutes = Math.round(waits.reduce((sum, { waitedMs }) => sum + waitedMs, 0) / 60_000);
    const first = minutes === 0 ? '' : `after waiting for ${minutes} minutes `;
    return { verdict: 'PROMOTES', summary: `${first}the promotion to ${stage} would succeed` };
  }
  const stopped = steps.find(({ status }) => status === 'Failed' || status === 'Errored');
  const refused = stopped?.uses === 'fail' || gates.some(({ passes }) => !passes);
  return {
    verdict: refused ? 'REFUSED' : 'FAILS',
    summary:
      stopped === undefined
        ? result.message
        : refused
          ? `${groupOf(stopped.alias) || stopped.alias} refuses it, and nothing is pushed`
          : `step ${stopped.alias} fails: ${withoutPrefix(stopped.message)}`,
  };
}

function describedFreight({ name, alias, images, commits }: Freight): PreviewResult['freight'] {
  return {
    name,
    alias: alias ?? null,
    images: images.map(({ repoURL, digest, tag }) => `${repoURL}@${digest ?? tag ?? ''}`),
    commits: commits.map(({ id }) => id),
  };
}
