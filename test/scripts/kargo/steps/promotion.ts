import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type {
  KubernetesObject,
  StepContext,
  StepResult,
  StepRunner,
  World,
} from '../../../../scripts/kargo/step.ts';

export const REPOSITORY = 'https://git.example.com/data/orderbooks.git';
export const NOW = new Date('2026-11-21T10:00:00Z');

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'orderbooks-steps-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files given by path and text under a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Runs git as somebody other than Kargo. */
export function gitAsOther(folder: string, ...words: readonly string[]): string {
  return execFileSync('git', words, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Other',
      GIT_AUTHOR_EMAIL: 'other@example.com',
      GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
      GIT_COMMITTER_NAME: 'Other',
      GIT_COMMITTER_EMAIL: 'other@example.com',
      GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
    },
  }).trim();
}

/** A bare repository that stands for the remote, with one commit on `main`. */
export function makeRemote(files: Readonly<Record<string, string>> = { 'README.md': 'hello\n' }): {
  readonly folder: string;
  /** Commits files on a branch as somebody else, and gives the commit. */
  commit(branch: string, files: Readonly<Record<string, string>>): string;
  show(...words: readonly string[]): string;
} {
  const base = temporaryFolder();
  const folder = join(base, 'remote.git');
  const checkout = join(base, 'checkout');
  gitAsOther(base, 'init', '--quiet', '--bare', '--initial-branch=main', folder);
  gitAsOther(base, 'clone', '--quiet', folder, checkout);
  const commit = (branch: string, changes: Readonly<Record<string, string>>): string => {
    gitAsOther(checkout, 'fetch', '--quiet', 'origin');
    const known = gitAsOther(checkout, 'branch', '--remotes', '--list', `origin/${branch}`) !== '';
    const start = known ? [`origin/${branch}`] : [];
    gitAsOther(checkout, 'checkout', '--quiet', '-B', branch, ...start);
    writeFiles(checkout, changes);
    gitAsOther(checkout, 'add', '.');
    gitAsOther(checkout, 'commit', '--quiet', '-m', 'by hand');
    gitAsOther(checkout, 'push', '--quiet', 'origin', branch);
    return gitAsOther(checkout, 'rev-parse', 'HEAD');
  };
  commit('main', files);
  return { folder, commit, show: (...words) => gitAsOther(folder, ...words) };
}

/** git's environment that maps the repository's URL to a folder. */
export function mapping(remote: { readonly folder: string }): Readonly<Record<string, string>> {
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `url.file://${remote.folder}.insteadOf`,
    GIT_CONFIG_VALUE_0: REPOSITORY,
  };
}

export interface Applications {
  readonly world: Pick<World, 'application' | 'applications' | 'updateApplication'>;
  get(name: string): KubernetesObject;
  set(application: KubernetesObject): void;
}

/** Applications in memory. */
export function makeApplications(...initial: readonly KubernetesObject[]): Applications {
  const held = new Map(initial.map((one) => [keyOf(one), one]));
  const get = (namespace: string, name: string) => held.get(`${namespace}/${name}`) ?? null;
  const set = (application: KubernetesObject) => held.set(keyOf(application), application);
  return {
    world: {
      application: get,
      applications: (namespace) =>
        [...held.values()].filter(({ metadata }) => metadata.namespace === namespace),
      updateApplication: set,
    },
    get: (name) => {
      const application = get('argocd', name);
      if (application === null) throw new Error(`no Application ${name}`);
      return application;
    },
    set,
  };
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** A step context in a new work folder. */
export function makeContext(changes: {
  readonly gitEnvironment?: Readonly<Record<string, string>>;
  readonly applications?: Applications;
  readonly context?: Partial<StepContext>;
}): StepContext {
  const applications = changes.applications ?? makeApplications();
  const world: World = {
    now: () => NOW,
    configMap: () => ({}),
    secret: () => ({}),
    freightMetadata: () => ({}),
    stageMetadata: () => ({}),
    setFreightMetadata: () => undefined,
    setStageMetadata: () => undefined,
    ...applications.world,
    gitEnvironment: changes.gitEnvironment ?? {},
  };
  return {
    world,
    workDir: temporaryFolder(),
    project: 'orderbooks-delivery',
    stage: 'canary',
    promotion: 'canary.01abc.1234567',
    actor: '',
    alias: 'step',
    freight: [],
    warehouseImages: {},
    previousOutput: undefined,
    signal: new AbortController().signal,
    ...changes.context,
  };
}

/** Runs a step as the engine does: a configuration that is not valid never reaches it. */
export async function runStep(
  step: StepRunner,
  config: Readonly<Record<string, unknown>>,
  context: StepContext,
): Promise<StepResult> {
  const problems = step.validate(config);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return step.run(config, context);
}
