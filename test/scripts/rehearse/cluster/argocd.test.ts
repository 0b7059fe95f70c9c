import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../../../scripts/kargo/step.ts';
import { at, list } from '../../../../scripts/rehearse/cluster/fields.ts';
import { CLAIM, type Fixture, NAMESPACE, REPOSITORY, server, startFixture } from './fixture.ts';

const REPO_URL = 'https://git.example.com/data/orderbooks.git';
const BRANCH = 'stage/canary';
const APPLICATION = 'orderbooks-canary';
const IMAGE = `${REPOSITORY}:v1`;

const run = promisify(execFile);

describe('syncing an Application in the local cluster', () => {
  let fixture: Fixture;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'orderbooks-argocd-'));
    await run('git', ['init', '--quiet', '--bare', join(folder, 'origin.git')]);
    await run('git', ['init', '--quiet', join(folder, 'work')]);
    fixture = await startFixture({
      gitEnvironment: {
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.${join(folder, 'origin.git')}.insteadOf`,
        GIT_CONFIG_VALUE_0: REPO_URL,
      },
    });
    fixture.cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } }]);
  });
  afterEach(async () => {
    await fixture.end();
    await rm(folder, { recursive: true, force: true });
  });

  const git = async (...command: readonly string[]): Promise<string> => {
    const identity = ['-c', 'user.name=Kargo', '-c', 'user.email=no-reply@kargo.io'];
    const { stdout } = await run('git', ['-C', join(folder, 'work'), ...identity, ...command]);
    return stdout.trim();
  };
  /** Commits exactly these files to the rendered branch, pushes, and returns the commit. */
  const push = async (files: Readonly<Record<string, string>>): Promise<string> => {
    await git('rm', '-r', '-q', '--ignore-unmatch', '.');
    for (const [name, content] of Object.entries(files)) {
      const file = join(folder, 'work', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '--message', 'Render');
    await git(
      'push',
      '--quiet',
      '--force',
      join(folder, 'origin.git'),
      `HEAD:refs/heads/${BRANCH}`,
    );
    return git('rev-parse', 'HEAD');
  };
  const project = (spec: Readonly<Record<string, unknown>> = {}): KubernetesObject => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'workloads', namespace: 'argocd' },
    spec: {
      sourceRepos: [REPO_URL],
      destinations: [{ server: 'https://kubernetes.default.svc', namespace: NAMESPACE }],
      clusterResourceWhitelist: [{ group: '', kind: 'Namespace', name: NAMESPACE }],
      namespaceResourceWhitelist: [
        { group: '', kind: 'ConfigMap' },
        { group: '', kind: 'PersistentVolumeClaim' },
        { group: 'apps', kind: 'Deployment' },
        { group: 'batch', kind: 'CronJob' },
      ],
      ...spec,
    },
  });
  const application = (automated: object | undefined = undefined): KubernetesObject => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: APPLICATION, namespace: 'argocd' },
    spec: {
      project: 'workloads',
      source: { repoURL: REPO_URL, targetRevision: BRANCH, path: '.' },
      destination: { server: 'https://kubernetes.default.svc', namespace: NAMESPACE },
      syncPolicy: {
        syncOptions: ['FailOnSharedResource=true'],
        ...(automated === undefined ? {} : { automated }),
      },
    },
  });
  const live = (): KubernetesObject => {
    const found = fixture.cluster.get('argoproj.io/v1alpha1', 'Application', 'argocd', APPLICATION);
    if (found === undefined) throw new Error('no Application');
    return found;
  };
  const state = (...path: readonly string[]) => at(live(), 'status', ...path);
  /** What Kargo's argocd-update does; resolves with the operation's end. */
  const sync = async (revision: string): Promise<unknown> => {
    const { status, ...rest } = live();
    fixture.cluster.replace({
      ...rest,
      metadata: {
        ...rest.metadata,
        annotations: { ...rest.metadata.annotations, 'argocd.argoproj.io/refresh': 'hard' },
      },
      operation: { initiatedBy: { automated: true }, sync: { revisions: [revision] } },
      status: { ...(status as object), operationState: undefined },
    } as unknown as KubernetesObject);
    await fixture.until(
      'operation ended',
      () => state('operationState', 'finishedAt') !== undefined,
    );
    return state('operationState');
  };
  const configMap = (name: string, data: object = {}): string =>
    stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
  const exists = (name: string) =>
    fixture.cluster.get('v1', 'ConfigMap', NAMESPACE, name) !== undefined;

  it('applies the rendered branch at the wanted commit and turns Healthy with the probes', async () => {
    const commit = await push({
      'namespace.yaml': stringify({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: NAMESPACE },
      }),
      'claim.yaml': stringify(CLAIM),
      'deployment.yaml': stringify(server(IMAGE)),
      'config.yaml': configMap('config', { a: '1' }),
      'README.md': 'not a manifest',
    });
    fixture.cluster.apply([project(), application()]);
    expect(await sync(commit)).toMatchObject({
      phase: 'Succeeded',
      message: 'successfully synced (all tasks run)',
      syncResult: { revision: commit },
    });
    expect(live()['operation']).toBeUndefined();
    expect(live().metadata.annotations).not.toHaveProperty('argocd.argoproj.io/refresh');
    await fixture.until('healthy', () => state('health', 'status') === 'Healthy');
    expect(state('sync')).toMatchObject({ status: 'Synced', revision: commit });
    expect(state('summary', 'images')).toEqual([IMAGE]);
    const health = fixture.events.flatMap((each) =>
      each.type === 'application-health' ? [each.health] : [],
    );
    expect(health).toContain('Progressing');
    const config = fixture.cluster.get('v1', 'ConfigMap', NAMESPACE, 'config');
    expect(config?.metadata.annotations).toEqual({
      'argocd.argoproj.io/tracking-id': `${APPLICATION}:/ConfigMap:${NAMESPACE}/config`,
    });
  });

  it('syncs an older commit of the branch when that is wanted', async () => {
    const first = await push({ 'a.yaml': configMap('a', { version: '1' }) });
    await push({ 'a.yaml': configMap('a', { version: '2' }) });
    fixture.cluster.apply([project(), application()]);
    await sync(first);
    expect(fixture.cluster.get('v1', 'ConfigMap', NAMESPACE, 'a')?.['data']).toEqual({
      version: '1',
    });
    expect(state('sync', 'revision')).toBe(first);
  });

  it('refuses a branch with a broken file, naming file and line, and touches nothing', async () => {
    const commit = await push({
      'a.yaml': configMap('a'),
      'broken.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b\n',
    });
    fixture.cluster.apply([project(), application()]);
    const operation = await sync(commit);
    expect(at(operation, 'phase')).toBe('Error');
    expect(at(operation, 'message')).toMatch(
      /^ComparisonError: Failed to load target state: failed to generate manifest for source 1 of 1: .*Failed to unmarshal "broken.yaml": .*line 4/,
    );
    expect(list(state('conditions'))).toMatchObject([{ type: 'ComparisonError' }]);
    expect(state('sync', 'status')).toBe('Unknown');
    expect(exists('a')).toBe(false);
  });

  it('refuses a kind that the project does not permit, before it applies anything', async () => {
    const commit = await push({
      'a.yaml': configMap('a'),
      'secret.yaml': stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }),
    });
    fixture.cluster.apply([project(), application()]);
    expect(await sync(commit)).toMatchObject({
      phase: 'Failed',
      message: 'one or more synchronization tasks are not valid',
      syncResult: {
        resources: [
          { kind: 'Secret', message: 'resource :Secret is not permitted in project workloads' },
        ],
      },
    });
    expect(exists('a')).toBe(false);
  });

  it('refuses an object in a foreign namespace and an Application with a foreign destination', async () => {
    const commit = await push({
      'a.yaml': stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', namespace: 'default' },
      }),
    });
    fixture.cluster.apply([project(), application()]);
    expect(at(await sync(commit), 'syncResult', 'resources')).toMatchObject([
      { message: "namespace default is not permitted in project 'workloads'" },
    ]);
    fixture.cluster.apply([
      project({ destinations: [{ server: 'https://kubernetes.default.svc', namespace: 'other' }] }),
    ]);
    expect(at(await sync(commit), 'message')).toBe(
      `InvalidSpecError: application destination server 'https://kubernetes.default.svc' and namespace '${NAMESPACE}' do not match any of the allowed destinations in project 'workloads'`,
    );
  });

  it('leaves what a new commit dropped, unless automated pruning and self-heal are on', async () => {
    const first = await push({ 'a.yaml': configMap('a'), 'b.yaml': configMap('b') });
    fixture.cluster.apply([project(), application({ prune: true, selfHeal: false })]);
    await sync(first);
    const second = await push({ 'a.yaml': configMap('a') });
    expect(at(await sync(second), 'phase')).toBe('Succeeded');
    expect(exists('b')).toBe(true);
    expect(state('sync', 'status')).toBe('OutOfSync');
    expect(list(state('resources'))).toContainEqual(
      expect.objectContaining({ name: 'b', status: 'OutOfSync', requiresPruning: true }),
    );
    fixture.cluster.apply([application({ prune: true, selfHeal: true })]);
    await sync(second);
    expect(exists('b')).toBe(false);
    expect(state('sync', 'status')).toBe('Synced');
  });

  it('never prunes an object that says so, nor everything at once', async () => {
    const kept = {
      ...CLAIM.metadata,
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' },
    };
    const first = await push({
      'a.yaml': configMap('a'),
      'claim.yaml': stringify({ ...CLAIM, metadata: kept }),
    });
    fixture.cluster.apply([project(), application({ prune: true, selfHeal: true })]);
    await sync(first);
    await sync(await push({ 'b.yaml': configMap('b') }));
    expect([exists('a'), exists('b')]).toEqual([false, true]);
    const claim = () =>
      fixture.cluster.get('v1', 'PersistentVolumeClaim', NAMESPACE, 'orderbooks-data');
    expect(claim()).toBeDefined();
    await sync(await push({}));
    expect(exists('b')).toBe(true);
  });

  it('refuses an object that another Application owns', async () => {
    const commit = await push({ 'a.yaml': configMap('a') });
    fixture.cluster.apply([
      project(),
      application(),
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'a',
          namespace: NAMESPACE,
          annotations: { 'argocd.argoproj.io/tracking-id': `other:/ConfigMap:${NAMESPACE}/a` },
        },
      },
    ]);
    expect(await sync(commit)).toMatchObject({
      phase: 'Failed',
      message: `Shared resource found: ConfigMap/a is part of applications ${APPLICATION} and other`,
    });
  });

  it('reports a change by hand as OutOfSync and puts it right at the next sync', async () => {
    const commit = await push({ 'a.yaml': configMap('a', { key: 'value' }) });
    fixture.cluster.apply([project(), application()]);
    await sync(commit);
    const object = fixture.cluster.get('v1', 'ConfigMap', NAMESPACE, 'a');
    fixture.cluster.replace({ ...(object as KubernetesObject), data: { key: 'by hand' } });
    await fixture.until('out of sync', () => state('sync', 'status') === 'OutOfSync');
    await sync(commit);
    expect(fixture.cluster.get('v1', 'ConfigMap', NAMESPACE, 'a')?.['data']).toEqual({
      key: 'value',
    });
    expect(state('sync', 'status')).toBe('Synced');
  });

  it('says that a branch is not there yet', async () => {
    await push({});
    const missing = application();
    const spec = {
      ...(missing['spec'] as object),
      source: { repoURL: REPO_URL, targetRevision: 'stage/none', path: '.' },
    };
    fixture.cluster.apply([project(), { ...missing, spec }]);
    await fixture.until('compared', () => state('conditions') !== undefined);
    expect(at(list(state('conditions'))[0], 'message')).toContain(
      "unable to resolve 'stage/none' to a commit SHA",
    );
  });

  it('is Degraded once a Deployment is past its progress deadline', async () => {
    const never = server(`${REPOSITORY}:unknown`);
    const spec = { ...(never['spec'] as object), progressDeadlineSeconds: 1 };
    const commit = await push({
      'claim.yaml': stringify(CLAIM),
      'deployment.yaml': stringify({ ...never, spec }),
    });
    fixture.cluster.apply([project(), application()]);
    await sync(commit);
    await fixture.until('degraded', () => state('health', 'status') === 'Degraded');
    expect(list(state('resources'))).toContainEqual(
      expect.objectContaining({
        health: {
          status: 'Degraded',
          message: 'Deployment "orderbooks-ws-recorder" exceeded its progress deadline',
        },
      }),
    );
  });
});
