import { execFileSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../git.ts';
import { formatGoDuration } from '../kargo/go-duration.ts';
import { type InflatedStep, inflateSteps } from '../kargo/inflation.ts';
import { loadProject } from '../kargo/load.ts';
import { MemoryWorld } from '../kargo/memory-world.ts';
import { promote } from '../kargo/promote.ts';
import type { PromotionResult } from '../kargo/promotion.ts';
import type { KubernetesObject } from '../kargo/step.ts';
import { PROJECT } from './delivery.ts';
import { E2eError } from './error.ts';
import { branchOf, placeOf, type Tip } from './repository.ts';
import type { RawPromotion, Snapshot } from './snapshot.ts';

/** What a promotion leaves, of Kargo's making or of the engine's. */
export interface Outcome {
  readonly phase: string;
  readonly message: string;
  readonly inflated: readonly unknown[];
  readonly steps: readonly {
    readonly alias: string;
    readonly status: string;
    readonly message: string;
  }[];
  /** The step that had to ask again until people did something; null if none was expected to. */
  readonly waitedAt: string | null;
  readonly state: unknown;
  readonly freightMetadata: unknown;
  /** Of the rendered branch; null where there is none. */
  readonly branch: Tip | null;
}

const POLL_MS = 10;

/**
 * Carries a real Promotion out once more with the rehearsal's engine: from the objects, the Freight, the metadata and
 * the repository as they stood before it, at the times at which Kargo began each step. `meanwhile` names a
 * step that waited, and the ConfigMaps as they stood when it went on.
 */
export async function replay(
  snapshot: Snapshot,
  real: RawPromotion,
  options: {
    readonly folder: string;
    readonly uiBaseUrl: string;
    readonly signal: AbortSignal;
    readonly meanwhile?: { readonly alias: string; readonly configMaps: Snapshot['configMaps'] };
  },
): Promise<Outcome> {
  const { folder, uiBaseUrl, signal, meanwhile } = options;
  const project = loadProject(PROJECT, [{ file: 'kargo (rendered)', text: snapshot.kargo }]);
  const stage = project.stages.get(real.spec.stage);
  const freight = snapshot.freight.find(({ name }) => name === real.spec.freight);
  if (stage === undefined || freight === undefined) {
    throw new E2eError(
      'NOT_REPLAYED',
      `the snapshot lacks Stage ${real.spec.stage} or Freight ${real.spec.freight}`,
    );
  }
  const repository = join(folder, 'replayed.git');
  const place = placeOf(folder);
  await git(place, 'clone', '--quiet', '--mirror', snapshot.repository, repository);
  let now = Date.parse(real.metadata.creationTimestamp);
  const world = worldOf(snapshot, repository, () => new Date(now));
  const vars = [...stage.spec.vars, ...(stage.spec.promotionTemplate?.spec.vars ?? [])];
  const inflation = inflateSteps(
    stage.spec.promotionTemplate?.spec.steps ?? [],
    vars,
    (_kind, name) => project.tasks.get(name),
  );
  if (!('steps' in inflation)) {
    throw new E2eError('NOT_REPLAYED', `the steps of Stage ${real.spec.stage} cannot be inflated`);
  }
  const workDir = await mkdtemp(join(folder, 'work-'));
  const input = {
    promotion: {
      allowed: true as const,
      name: real.metadata.name,
      project: PROJECT,
      stage: real.spec.stage,
      freight: freight.name,
      steps: inflation.steps,
      vars,
      annotations: real.metadata.annotations,
      labels: {},
    },
    project,
    freight,
  };
  const times = new Map(real.status.stepExecutionMetadata.map((step) => [step.alias, step]));
  let waitedAt: string | null = null;
  let result: PromotionResult | null = null;
  const events = promote(input, { world, workDir, pollIntervalMs: POLL_MS, uiBaseUrl, signal });
  for await (const event of events) {
    // Kargo notes whole seconds; the gates' expressions say no more either.
    if (event.type === 'step-started') {
      now = Date.parse(times.get(event.alias)?.startedAt ?? '') || now;
    }
    if (event.type === 'step-waiting' && event.alias === meanwhile?.alias) {
      waitedAt = event.alias;
      now = Date.parse(times.get(event.alias)?.finishedAt ?? '') || now;
      for (const [name, data] of meanwhile.configMaps) {
        world.configMaps.set(`${PROJECT}/${name}`, data);
      }
    }
    if (event.type === 'promotion-finished') result = event.result;
  }
  if (result === null) throw new E2eError('NOT_REPLAYED', 'the engine ended without a result');
  return {
    phase: result.phase,
    message: result.message,
    inflated: inflation.steps.map(stored),
    steps: result.steps.map(({ alias, status, message }) => ({
      alias,
      status: status ?? '',
      message,
    })),
    waitedAt,
    state: result.state,
    freightMetadata: world.freightMetadata(PROJECT, freight.name) ?? {},
    branch: await branchOf(repository, `stage/${real.spec.stage}`, folder),
  };
}

/** One line per difference; none where both agree. */
export function differencesOf(real: Outcome, engine: Outcome): readonly string[] {
  // The same tree committed at another time is another commit: that id alone may differ.
  const same = (value: unknown) => {
    const text = canonical(value);
    return engine.branch === null || real.branch === null
      ? text
      : text.replaceAll(engine.branch.commit, real.branch.commit);
  };
  const lines: string[] = [];
  const compare = (what: string, left: unknown, right: unknown) => {
    if (canonical(left) !== same(right))
      lines.push(`${what}: Kargo ${canonical(left)}, engine ${same(right)}`);
  };
  compare('phase', real.phase, engine.phase);
  compare('message', real.message, engine.message);
  compare('inflated steps', real.inflated.length, engine.inflated.length);
  for (const [index, step] of real.inflated.entries())
    compare(`inflated step ${index}`, step, engine.inflated[index]);
  compare('steps', real.steps.length, engine.steps.length);
  for (const [index, step] of real.steps.entries())
    compare(`step ${step.alias}`, step, engine.steps[index]);
  compare('waiting', real.waitedAt, engine.waitedAt);
  compare('state', real.state, engine.state);
  compare('Freight metadata', real.freightMetadata, engine.freightMetadata);
  compare('tree of the branch', real.branch?.tree ?? null, engine.branch?.tree ?? null);
  compare('commit message', real.branch?.message ?? null, engine.branch?.message ?? null);
  return lines;
}

/** A world as it was photographed, whose Argo CD carries out every operation at once. */
function worldOf(snapshot: Snapshot, repository: string, now: () => Date): MemoryWorld {
  const world = new SyncingWorld(repository, {
    now,
    project: PROJECT,
    freight: snapshot.freight.map(({ name }) => name),
    stages: ['canary', 'full'],
    applications: snapshot.applications,
    gitEnvironment: {
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: `url.file://${repository}.insteadOf`,
      GIT_CONFIG_VALUE_0: snapshot.repoURL,
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
    },
  });
  for (const [name, data] of snapshot.configMaps) world.configMaps.set(`${PROJECT}/${name}`, data);
  for (const [name, metadata] of snapshot.freightMetadata) {
    // Metadata that was never written reads otherwise than emptied metadata.
    if (Object.keys(metadata).length > 0) world.setFreightMetadata(PROJECT, name, metadata);
  }
  return world;
}

/** Argo CD syncs what the source's branch is now; Kargo's operation names no revision. */
class SyncingWorld extends MemoryWorld {
  readonly #repository: string;

  constructor(repository: string, options: ConstructorParameters<typeof MemoryWorld>[0]) {
    super(options);
    this.#repository = repository;
  }

  override updateApplication(application: KubernetesObject): void {
    const { operation, ...rest } = application;
    if (operation === undefined) {
      super.updateApplication(application);
      return;
    }
    const spec = application['spec'] as { readonly source?: { readonly targetRevision?: string } };
    const branch = `refs/heads/${spec.source?.targetRevision ?? 'main'}`;
    const words = ['-c', 'safe.directory=*', `--git-dir=${this.#repository}`, 'rev-parse', branch];
    const revision = execFileSync('git', words, { encoding: 'utf8' }).trim();
    super.updateApplication({
      ...rest,
      status: {
        operationState: { operation, phase: 'Succeeded', message: '', syncResult: { revision } },
      },
    });
  }
}

/** An inflated step as the API server stores it. */
function stored(step: InflatedStep): unknown {
  const retry = {
    ...(step.timeoutMs === undefined ? {} : { timeout: formatGoDuration(step.timeoutMs) }),
    ...((step.errorThreshold ?? 0) === 0 ? {} : { errorThreshold: step.errorThreshold }),
  };
  return {
    uses: step.uses,
    as: step.as,
    ...(step.if === '' ? {} : { if: step.if }),
    ...(step.continueOnError ? { continueOnError: true } : {}),
    ...(step.timeoutMs === undefined && step.errorThreshold === undefined ? {} : { retry }),
    ...(step.vars.length === 0
      ? {}
      : { vars: step.vars.map(({ name, value }) => (value === '' ? { name } : { name, value })) }),
    ...(step.config === undefined ? {} : { config: step.config }),
  };
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? 'nothing'
  );
}
