import { join } from 'node:path';
import { OrderbooksError } from '../../runtime/errors.ts';
import { gitAnswer } from '../git.ts';
import { admitPromotion } from '../kargo/admission.ts';
import { projectOf } from '../kargo/load.ts';
import type { FreightRecord, Project } from '../kargo/project.ts';
import type { Freight } from '../kargo/step.ts';
import { syncPolicyOf } from './effect.ts';
import { PreviewError } from './error.ts';
import { groupOf, withoutPrefix } from './gates.ts';
import { renderedTip } from './history.ts';
import { objectChanges } from './object-diff.ts';
import type { PreviewRequest } from './request.ts';
import type { BranchChange, GateDecision, PreviewResult } from './result.ts';
import { makeScratch, readingPlace, type Scratch } from './scratch.ts';
import { PROJECT, type PreviewSource } from './source.ts';
import { objectsAt } from './trees.ts';
import { type Ran, Trial } from './trial.ts';

/**
 * Carries a promotion out in a temporary folder, on copies of everything, and tells what it did. Nothing outside that
 * folder is written; the only repository that is pushed to lies in it.
 *
 * @throws PreviewError where the promotion cannot be tried at all
 */
export async function preview(request: PreviewRequest): Promise<PreviewResult> {
  const began = performance.now();
  const { root, stage, source, subject } = request;
  const project = projectWith(stage, source);
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

/**
 * The Project, which has the Stage.
 *
 * @throws PreviewError STAGE_UNKNOWN
 */
export function projectWith(stage: string, { objects }: PreviewSource): Project {
  const project = projectOf(PROJECT, objects);
  if (project.stages.has(stage)) return project;
  throw new PreviewError(
    'STAGE_UNKNOWN',
    `expected one of ${[...project.stages.keys()].join(', ')}, got ${stage}`,
  );
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
