import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { latestEvidenceName } from '../../../runtime/gates/evidence-store.ts';
import {
  analysisOutcome,
  buildAnalysisRun,
  CONTROLLER,
  type KubernetesObject,
  loadProject,
  MemoryWorld,
  makeFreight,
  ProjectState,
  parseObjects,
  promote,
} from '../../../scripts/kargo/index.ts';
import { findKustomize } from '../../../scripts/kustomize/program.ts';
import { joinObjects, renderOverlay } from '../../../scripts/kustomize/render.ts';
import { SETTINGS } from '../../settings.ts';
import { gitAsOther } from './steps/promotion.ts';
import { afterOperation } from './synced-application.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const { project: PROJECT, repoURL: REPOSITORY, imageRepository: IMAGE } = SETTINGS;
const DIGEST = `sha256:${'d1'.repeat(32)}`;

test('the bundle’s own Stages promote a Freight to canary, and to full once its gates passed', async () => {
  const base = mkdtempSync(join(tmpdir(), 'orderbooks-bundle-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const commit = makeRemote(base);
  const project = loadProject(PROJECT, [
    { file: 'kargo', text: await rendered(join(ROOT, 'kargo'), base) },
  ]);
  const applications = parseObjects({
    file: 'argocd',
    text: await rendered(join(ROOT, 'argocd'), base),
  }).filter(({ value }) => value['kind'] === 'Application');
  const freight = makeFreight({
    origin: 'orderbooks',
    alias: 'version-2',
    images: [{ repoURL: IMAGE, tag: 'v2', digest: DIGEST }],
    commits: [{ repoURL: REPOSITORY, id: commit, branch: 'main' }],
  });
  const world = new SyncingWorld(join(base, 'remote.git'), {
    // A Saturday: the market gate lets everything pass.
    now: () => new Date(SATURDAY),
    project: project.name,
    freight: [freight.name],
    stages: [...project.stages.keys()],
    applications: applications.map(({ value }) => value as unknown as KubernetesObject),
    gitEnvironment: {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.file://${base}/remote.git.insteadOf`,
      GIT_CONFIG_VALUE_0: REPOSITORY,
    },
  });

  const configMaps = parseObjects({
    file: 'kargo',
    text: await rendered(join(ROOT, 'kargo'), base),
  })
    .map(({ value }) => value as unknown as KubernetesObject)
    .filter(({ kind }) => kind === 'ConfigMap');
  for (const { metadata, data } of configMaps) {
    world.configMaps.set(`${project.name}/${metadata.name}`, data as Record<string, string>);
  }
  const state = new ProjectState(project);
  state.addFreight(freight);
  const alice = { username: 'alice', mayCreate: true, mayPromote: true };
  expect(state.admit({ stage: 'full', freight: freight.name }, alice)).toMatchObject({
    allowed: false,
    message: expect.stringContaining('Freight is not available to this Stage'),
  });
  expect(state.nextAutoPromotion('canary')?.name).toBe(freight.name);

  for (const [stage, requester] of [
    ['canary', CONTROLLER],
    ['full', alice],
  ] as const) {
    const promotion = state.admit({ stage, freight: freight.name }, requester);
    if (!promotion.allowed) throw new Error(promotion.message);
    const workDir = join(base, `work-${stage}`);
    mkdirSync(workDir);
    const finished: string[] = [];
    for await (const event of promote(
      { promotion, project, freight },
      { world, workDir, pollIntervalMs: 1 },
    )) {
      if (event.type === 'step-finished') finished.push(`${event.alias} ${event.status}`);
      if (event.type === 'promotion-finished') {
        expect(event.result).toMatchObject({ phase: 'Succeeded', message: '' });
        state.ended(promotion, event.result.phase);
      }
    }
    expect(finished.filter((step) => !step.endsWith(' Skipped'))).toEqual([
      ...(stage === 'full' ? PASSED_GATES : []),
      'render::clone Succeeded',
      'render::clear Succeeded',
      'render::set-image Succeeded',
      'render::build Succeeded',
      'render::commit Succeeded',
      ...(stage === 'full' ? PASSED_AGAIN : []),
      'publish::push Succeeded',
      'publish::sync Succeeded',
      ...(stage === 'full' ? ['remember Succeeded'] : []),
    ]);
    const deployment = gitAsOther(
      join(base, 'remote.git'),
      'show',
      `stage/${stage}:${deploymentFile(stage)}`,
    );
    expect(deployment).toContain(`image: ${IMAGE}@${DIGEST}`);

    const object = project.stages.get(stage);
    if (object === undefined) throw new Error(`no Stage ${stage}`);
    const run = buildAnalysisRun(project, object, state.current(stage), world, Date.now());
    if (run === null || 'message' in run) throw new Error(run?.message ?? 'no verification');
    const args = new Map(run.args.map(({ name, value }) => [name, value]));
    expect(args.get('image-digest')).toBe(DIGEST);
    expect(args.get('commit')).toBe(commit);
    expect(args.get('stage')).toBe(stage);
    const outcome = analysisOutcome(run, [{ metric: 'ws-smoke', phase: 'Successful' }]);
    if (outcome.phase === 'Successful') state.verified(stage);
    if (stage === 'canary') keepEvidence(world, commit);
  }
}, 120_000);

const SATURDAY = '2026-11-21T12:00:00Z';
const PASSED_GATES = [
  'market-gate::clock Succeeded',
  'market-gate::session Succeeded',
  'market-gate::passed Succeeded',
  'evidence-gate::clock Succeeded',
  'evidence-gate::subject Succeeded',
  'evidence-gate::latest Succeeded',
  'evidence-gate::document Succeeded',
  'evidence-gate::judged Succeeded',
  'evidence-gate::passed Succeeded',
];
const PASSED_AGAIN = PASSED_GATES.slice(0, 3).map((step) =>
  step.replace('market-gate', 'market-gate-before-push'),
);

/** What the verifier of the canary leaves behind. */
function keepEvidence(world: MemoryWorld, commit: string): void {
  const subject = { project: PROJECT, stage: 'canary', commit, image_digest: DIGEST };
  const run = 'evidence-run-canary-20261121t115900z-1';
  const gate = 'ws-smoke+ws-reliability+canary-comparison';
  const document = { run, verdict: 'PASS', finished_at: SATURDAY, gate, subject };
  const latest = latestEvidenceName({ stage: 'canary', commit, imageDigest: DIGEST });
  const at = (name: string) => `${PROJECT}/${name}`;
  world.configMaps.set(at(latest), { verdict: 'PASS', finishedAt: SATURDAY, run });
  world.configMaps.set(at(run), { 'evidence.json': JSON.stringify(document) });
}

/** A world whose Argo CD has synced an Application as soon as it is told to. */
class SyncingWorld extends MemoryWorld {
  readonly #remote: string;

  constructor(remote: string, options: ConstructorParameters<typeof MemoryWorld>[0]) {
    super(options);
    this.#remote = remote;
  }

  override updateApplication(application: KubernetesObject): void {
    if (application['operation'] === undefined) {
      super.updateApplication(application);
      return;
    }
    const { targetRevision } = (application['spec'] as { source: { targetRevision: string } })
      .source;
    const revision = gitAsOther(this.#remote, 'rev-parse', targetRevision);
    super.updateApplication(afterOperation(application, revision));
  }
}

function deploymentFile(stage: string): string {
  const { canaryNamespace, productionNamespace } = SETTINGS;
  const namespace = stage === 'canary' ? canaryNamespace : productionNamespace;
  return `${namespace}-deployment-orderbooks-ws-recorder.yaml`;
}

async function rendered(folder: string, home: string): Promise<string> {
  return joinObjects(await renderOverlay(await findKustomize(process.env), folder, { home }));
}

/** A repository that holds the manifests as they are on disk; gives its commit. */
function makeRemote(base: string): string {
  const remote = join(base, 'remote.git');
  const checkout = join(base, 'checkout');
  gitAsOther(base, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  gitAsOther(base, 'clone', '--quiet', remote, checkout);
  for (const folder of ['gitops', 'kargo', 'argocd', 'settings']) {
    if (existsSync(join(ROOT, folder))) {
      cpSync(join(ROOT, folder), join(checkout, folder), { recursive: true });
    }
  }
  gitAsOther(checkout, 'add', '.');
  gitAsOther(checkout, 'commit', '--quiet', '-m', 'version 2');
  gitAsOther(checkout, 'push', '--quiet', 'origin', 'HEAD:main');
  return gitAsOther(checkout, 'rev-parse', 'HEAD');
}
