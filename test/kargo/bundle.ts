import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type Freight,
  type KubernetesObject,
  loadProject,
  MemoryWorld,
  makeFreight,
  type Project,
  ProjectState,
  type PromoteOptions,
  type PromotionResult,
  parseObjects,
  promoteToEnd,
  type StepRunner,
  stepRunners,
} from '../../scripts/kargo/index.ts';
import { renderText } from '../manifests/render.ts';
import { SETTINGS } from '../settings.ts';

export const PROJECT = SETTINGS.project;
export const REPOSITORY = SETTINGS.repoURL;
export const IMAGE = SETTINGS.imageRepository;
export const COMMIT = 'c0ffee'.padEnd(40, '7');
export const DIGEST = `sha256:${'d1'.repeat(32)}`;
export const UI = 'https://kargo.example.com';

const text = renderText('kargo');
const objects = parseObjects({ file: 'kargo', text }).map(
  ({ value }) => value as unknown as KubernetesObject,
);

/** Data of a ConfigMap of the bundle as it is rendered. */
export function renderedConfigMap(name: string): Readonly<Record<string, string>> {
  const found = objects.find(
    ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name,
  );
  if (found === undefined) throw new Error(`kargo/ renders no ConfigMap ${name}`);
  return found['data'] as Readonly<Record<string, string>>;
}

/** A rendered object of the bundle. */
export function renderedObject(kind: string, name: string): KubernetesObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`kargo/ renders no ${kind} ${name}`);
  return found;
}

/** The bundle's Stage full, promoted at times of our choosing; what pushes and syncs is only noted. */
export interface Delivery {
  readonly world: MemoryWorld;
  readonly state: ProjectState;
  readonly freight: Freight;
  /** Messages of commits made so far. */
  readonly commits: string[];
  /** ISO time at which everything happens from now on. */
  at(time: string): void;
  ticket(fields: Readonly<Record<string, string>>): void;
  /** Evidence as the verifier leaves it; `latest` and `document` change single fields. */
  evidence(changes?: EvidenceChanges): void;
  configMap(name: string, data: Readonly<Record<string, string>> | null): void;
  promote(options?: PromoteTo): Promise<Outcome>;
}

export interface PromoteTo {
  readonly actor?: string;
  readonly freight?: Freight;
  /** Called before each step that would run. */
  readonly before?: (alias: string) => void;
  /** Called after each wait of the promotion, by which the time has moved on. */
  readonly waited?: () => void;
  /** Kargo's controller is lost with its folder after this step, and its successor starts again at step 0. */
  readonly restartAfter?: string;
}

export interface EvidenceChanges {
  readonly freight?: Freight;
  readonly latest?: Readonly<Record<string, string>>;
  readonly document?: Readonly<Record<string, unknown>>;
  readonly subject?: Readonly<Record<string, string>>;
}

export interface Outcome extends PromotionResult {
  /** Aliases of the steps that ran to success. */
  readonly done: readonly string[];
  readonly pushed: boolean;
}

/** The bundle as it is rendered without components. */
export const BUNDLE: Project = loadProject(PROJECT, [{ file: 'kargo', text }]);

export function freightOf(commit: string = COMMIT, digest: string = DIGEST): Freight {
  return makeFreight({
    origin: 'orderbooks',
    alias: `release-${commit.slice(0, 6)}`,
    images: [{ repoURL: IMAGE, tag: commit, digest }],
    commits: [{ repoURL: REPOSITORY, id: commit, branch: 'main' }],
  });
}

/** Everything a promotion to full needs, with the rendered ConfigMaps and fresh evidence of the first Freight. */
export function delivery(
  time: string,
  others: readonly Freight[] = [],
  project: Project = BUNDLE,
): Delivery {
  let now = Date.parse(time);
  const freight = freightOf();
  const all = [freight, ...others];
  const world = new MemoryWorld({
    now: () => new Date(now),
    project: PROJECT,
    freight: all.map(({ name }) => name),
    stages: ['canary', 'full'],
  });
  const state = new ProjectState(project, () => now);
  for (const each of all) {
    state.addFreight(each);
    // Kargo's manual approval: it opens Kargo's own door, and must not open ours.
    state.approve('full', each.name);
  }
  const commits: string[] = [];
  const configMap: Delivery['configMap'] = (name, data) => {
    if (data === null) world.configMaps.delete(`${PROJECT}/${name}`);
    else world.configMaps.set(`${PROJECT}/${name}`, data);
  };
  for (const name of ['market-sessions', 'break-glass']) configMap(name, renderedConfigMap(name));
  const self: Delivery = {
    world,
    state,
    freight,
    commits,
    at: (instant) => {
      now = Date.parse(instant);
    },
    ticket: (fields) =>
      configMap('break-glass', { ...renderedConfigMap('break-glass'), ...fields }),
    evidence: (changes = {}) => writeEvidence(configMap, new Date(now), { freight, ...changes }),
    configMap,
    promote: async ({
      actor = 'alice',
      freight: target = freight,
      before,
      waited = () => undefined,
      restartAfter,
    } = {}) => {
      const requester = {
        username: actor === '' ? null : actor,
        mayCreate: true,
        mayPromote: true,
      };
      const promotion = state.admit({ stage: 'full', freight: target.name }, requester);
      if (!promotion.allowed) throw new Error(promotion.message);
      const pushes: string[] = [];
      const run = (begin: (alias: string) => void, more: Partial<PromoteOptions>) => {
        const workDir = mkdtempSync(join(tmpdir(), 'orderbooks-gate-'));
        onTestFinished(() => rmSync(workDir, { recursive: true, force: true }));
        return promoteToEnd(
          { promotion, project, freight: target },
          {
            world,
            workDir,
            uiBaseUrl: UI,
            steps: noted(pushes, commits, begin),
            clock: {
              now: () => now,
              sleep: async (milliseconds) => {
                now += milliseconds;
                waited();
              },
            },
            ...more,
          },
        );
      };
      let kept: Partial<PromoteOptions> = {};
      if (restartAfter !== undefined) {
        const lost = new AbortController();
        const first = await run(
          (alias) => {
            before?.(alias);
            if (alias === restartAfter) lost.abort();
          },
          { signal: lost.signal },
        );
        kept = { keptState: first.state };
      }
      const result = await run(before ?? (() => undefined), kept);
      state.ended(promotion, result.phase);
      const done = result.steps
        .filter(({ status }) => status === 'Succeeded')
        .map(({ alias }) => alias);
      return { ...result, done, pushed: pushes.length > 0 };
    },
  };
  return self;
}

/** A ticket that is valid for the first Freight at that time. */
export function validTicket(time: string, freight: Freight): Readonly<Record<string, string>> {
  const expires = new Date(Date.parse(time) + 3_600_000).toISOString().replace('.000', '');
  return {
    id: 'INC-42',
    stage: 'full',
    freight: freight.name,
    operator: 'alice',
    justification: 'the recorder loses frames right now',
    expiresAt: expires,
  };
}

/** Writers of the outside world say what they would do; the gates' own steps are the engine's. */
function noted(
  pushes: string[],
  commits: string[],
  before: (alias: string) => void = () => undefined,
): ReadonlyMap<string, StepRunner> {
  const outputs: Readonly<Record<string, () => Readonly<Record<string, unknown>>>> = {
    'git-push': () => ({ branch: 'stage/full', commit: 'b'.repeat(40) }),
    'git-commit': () => ({ commit: 'b'.repeat(40) }),
  };
  const outside = [
    'git-clone',
    'git-clear',
    'git-commit',
    'git-push',
    'kustomize-build',
    'kustomize-set-image',
    'argocd-update',
  ];
  return new Map(
    [...stepRunners].map(([kind, runner]): [string, StepRunner] => [
      kind,
      {
        ...runner,
        run: async (config, context) => {
          before(context.alias);
          if (!outside.includes(kind)) return runner.run(config, context);
          if (kind === 'git-push') pushes.push(String(config['targetBranch']));
          if (kind === 'git-commit') commits.push(String(config['message']));
          const output = outputs[kind]?.();
          return { status: 'Succeeded', ...(output === undefined ? {} : { output }) };
        },
      },
    ]),
  );
}

const GATES_OF_CANARY = 'ws-smoke+ws-reliability+canary-comparison';

function writeEvidence(
  configMap: Delivery['configMap'],
  now: Date,
  {
    freight,
    latest = {},
    document = {},
    subject = {},
  }: EvidenceChanges & { readonly freight: Freight },
): void {
  const commit = freight.commits[0]?.id ?? '';
  const digest = freight.images[0]?.digest ?? '';
  const name = `evidence-canary-${commit.slice(0, 12)}-${digest.slice(7, 19)}`;
  const run = 'evidence-run-canary-20261120t100000z-abcdef';
  const finishedAt = now.toISOString();
  configMap(name, {
    verdict: 'PASS',
    startedAt: finishedAt,
    finishedAt,
    run,
    gate: GATES_OF_CANARY,
    reason: '13 of 13',
    ...latest,
  });
  configMap(run, {
    verdict: 'PASS',
    'evidence.json': JSON.stringify({
      verdict: 'PASS',
      run,
      finished_at: finishedAt,
      gate: GATES_OF_CANARY,
      subject: { project: PROJECT, stage: 'canary', commit, image_digest: digest, ...subject },
      ...document,
    }),
  });
}

/** Whether git reads these lines as trailers. */
export function trailersOf(message: string): Readonly<Record<string, string>> {
  const parsed = execFileSync('git', ['interpret-trailers', '--parse'], {
    input: message,
    encoding: 'utf8',
  });
  return Object.fromEntries(
    parsed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon), line.slice(colon + 1).trim()];
      }),
  );
}
