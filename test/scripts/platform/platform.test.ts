import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Helm } from '../../../scripts/cluster/helm.ts';
import { Kubectl } from '../../../scripts/cluster/kubectl.ts';
import { runSteps, type StepsResult } from '../../../scripts/cluster/steps.ts';
import { choose, type Runners, readComponents } from '../../../scripts/platform/components.ts';
import { installSteps } from '../../../scripts/platform/install.ts';
import { platformStatus } from '../../../scripts/platform/status.ts';
import { uninstallSteps } from '../../../scripts/platform/uninstall.ts';
import { merge } from '../../../scripts/platform/values.ts';
import { parseNfs, provideVolumes } from '../../../scripts/platform/volumes.ts';
import { SETTINGS } from '../../settings.ts';
import { type FakePrograms, fakePrograms } from '../cluster/fake-programs.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const { signal } = new AbortController();

let fakes: FakePrograms;
let charts: string;
beforeEach(async () => {
  fakes = await fakePrograms();
  charts = await mkdtemp(join(tmpdir(), 'charts-'));
  for (const { name, chart, version } of await readComponents(ROOT)) {
    await writeFile(join(charts, `${chart}-${version}.tgz`), 'a chart');
    const values = await readFile(join(ROOT, `platform/values/${name}.yaml`), 'utf8');
    await fakes.chart(`${chart}-${version}`, { values });
  }
});
afterEach(async () => {
  await fakes.remove();
  await rm(charts, { recursive: true, force: true });
});

describe('platform install', () => {
  it('installs every component in order, and a second run changes nothing', async () => {
    const first = await install();
    expect(first.error).toBeUndefined();
    expect(states(first)).toEqual([
      'preflight: done',
      'volumes: skipped',
      'cert-manager: changed',
      'runner-controller: skipped',
      'runners: skipped',
      'argo-cd: changed',
      'argo-rollouts: changed',
      'kargo: changed',
      'forgejo runner: skipped',
      'build namespace: changed',
      'argocd objects: changed',
      'kargo objects: done',
    ]);
    const second = await install();
    expect(states(second).filter((state) => state.endsWith(' changed'))).toEqual([]);
    expect(states(second)).toContain('kargo: unchanged');
  });

  it('leaves the bundle out where only the tools are wanted', async () => {
    const result = await install({ toolsOnly: true });
    expect(states(result).slice(-3)).toEqual([
      'build namespace: skipped',
      'argocd objects: skipped',
      'kargo objects: skipped',
    ]);
    expect((await fakes.calls()).filter((call) => / apply /.test(call))).toEqual([]);
  });

  it("brings a runner of Forgejo's with its Docker daemon, and none of GitHub's", async () => {
    const result = await install({ runners: 'forgejo' });
    expect(states(result)).toContain('forgejo runner: changed');
    expect(states(result)).toContain('runners: skipped');
    const again = await install({ runners: 'forgejo' });
    expect(states(again)).toContain('forgejo runner: unchanged');
  });

  it('changes nothing in a dry run', async () => {
    const result = await install({ dryRun: true });
    expect(states(result)).toContain('kargo: would change');
    const writes = (await fakes.calls()).filter(
      (call) =>
        /helm (upgrade|uninstall)|kubectl .*\b(delete|apply)\b/.test(call) &&
        !call.includes('--dry-run=server'),
    );
    expect(writes).toEqual([]);
  });

  it.each([
    ['Error: UPGRADE FAILED: context deadline exceeded', 'TIME_OUT', 'is not known'],
    ['Error: Get "https://x": unexpected EOF', 'BROKEN_ANSWER', 'cut off'],
  ])('reports "%s" in the middle as %s, and a rerun continues', async (said, code, advice) => {
    await fakes.fail('upgrade argo-rollouts', said);
    const broken = await install();
    expect(broken.error?.code).toBe(code);
    expect(broken.error?.message).toContain(advice);
    expect(states(broken).slice(-7)).toEqual([
      'argo-cd: changed',
      'argo-rollouts: failed',
      'kargo: not started',
      'forgejo runner: not started',
      'build namespace: not started',
      'argocd objects: not started',
      'kargo objects: not started',
    ]);
    await fakes.fail(null);
    const again = await install();
    expect(states(again).slice(5, 8)).toEqual([
      'argo-cd: unchanged',
      'argo-rollouts: changed',
      'kargo: changed',
    ]);
  });

  it('leaves alone what exists, and asks no certificates for a Kargo that exists', async () => {
    await fakes.objects('customresourcedefinition', { kind: 'CustomResourceDefinition' });
    const result = await install({ existing: ['argo-cd', 'argo-rollouts', 'kargo'] });
    expect(states(result).slice(2, 8)).toEqual([
      'cert-manager: skipped',
      'runner-controller: skipped',
      'runners: skipped',
      'argo-cd: unchanged',
      'argo-rollouts: unchanged',
      'kargo: unchanged',
    ]);
    expect((await fakes.calls()).filter((call) => call.includes('helm upgrade'))).toEqual([]);
  });

  it("does not take over somebody else's installation", async () => {
    await fakes.objects('customresourcedefinition', { kind: 'CustomResourceDefinition' });
    const result = await install();
    expect(result.error?.code).toBe('PREFLIGHT_FAILED');
    expect(result.error?.message).toContain('--existing kargo');
  });

  it('upgrades nothing with a value that the chart would ignore', async () => {
    const [component] = (await readComponents(ROOT)).filter(({ name }) => name === 'argo-cd');
    await fakes.chart(`argo-cd-${component?.version}`, { values: 'configs: {}' });
    const result = await install();
    expect(result.error?.code).toBe('VALUES_UNKNOWN');
    expect(result.error?.message).toContain('configs.cm."admin.enabled"');
    expect((await fakes.calls()).filter((call) => call.includes('upgrade argocd'))).toEqual([]);
  });

  it('names every chart that --charts lacks before anything is installed', async () => {
    await rm(charts, { recursive: true });
    await mkdir(charts);
    const result = await install();
    expect(result.error?.message).toMatch(/argo-cd-.*\.tgz is not there.*kargo-.*\.tgz/s);
  });
});

describe('platform uninstall', () => {
  const claim = {
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'orderbooks-data', namespace: SETTINGS.productionNamespace, uid: 'one' },
  };

  beforeEach(async () => {
    await install();
    await fakes.objects('namespace', {
      kind: 'Namespace',
      metadata: { name: SETTINGS.productionNamespace, uid: 'n' },
    });
    await fakes.objects('persistentvolumeclaims', { kind: 'List', items: [claim] });
  });

  it('goes in reverse, proves that data stayed, and a second run finds nothing', async () => {
    await fakes.objects('applications.argoproj.io', applicationsOf([]));
    const first = await uninstall();
    expect(first.error).toBeUndefined();
    expect(states(first).filter((state) => state.endsWith(': changed'))).toEqual([
      'argocd objects: changed',
      'kargo: changed',
      'argo-rollouts: changed',
      'argo-cd: changed',
      'cert-manager: changed',
    ]);
    expect(first.steps.at(-1)?.detail).toContain('3 PersistentVolumeClaim');
    const calls = await fakes.calls();
    const deleted = calls.filter((call) => call.includes(' delete '));
    const accounts = deleted.filter((call) => !call.includes('--cascade=orphan'));
    expect(accounts).toEqual([expect.stringContaining('serviceaccounts --namespace=kargo')]);
    // Afterwards nobody takes Kargo's finalizer off them.
    const release = calls.findIndex((call) => call.includes('uninstall kargo'));
    expect(calls.indexOf(String(accounts[0]))).toBeLessThan(release);
    const second = await uninstall();
    expect(states(second).filter((state) => state.endsWith(': changed'))).toEqual([]);
  });

  it('refuses while deleting an Application would delete the recorder', async () => {
    await fakes.objects(
      'applications.argoproj.io',
      applicationsOf(['resources-finalizer.argocd.argoproj.io']),
    );
    const result = await uninstall();
    expect(result.error?.code).toBe('WOULD_DELETE_WORKLOADS');
    expect((await fakes.calls()).filter((call) => / (delete|uninstall) /.test(call))).toEqual([]);
  });

  it('fails when a claim is another one than before', async () => {
    const steps = uninstallSteps(await surroundings({}));
    const [stock, ...rest] = steps;
    if (stock === undefined) throw new Error('no steps');
    const replaced = { ...claim, metadata: { ...claim.metadata, uid: 'two' } };
    const swap = {
      ...stock,
      run: async () => {
        const outcome = await stock.run();
        await fakes.objects('persistentvolumeclaims', { kind: 'List', items: [replaced] });
        return outcome;
      },
    };
    const result = await runSteps([swap, ...rest], () => undefined);
    expect(result.error?.code).toBe('DATA_MISSING');
    expect(result.error?.message).toContain(
      `PersistentVolumeClaim ${SETTINGS.productionNamespace}/orderbooks-data`,
    );
  });
});

describe('platform status', () => {
  it('names what is there and what cannot be seen', async () => {
    await install();
    await fakes.objects('applications.argoproj.io', applicationsOf([]));
    const { kubectl, helm, chosen } = await surroundings({});
    const good = await platformStatus(kubectl, helm, chosen);
    expect(good.good).toBe(true);
    await fakes.fail('--namespace=kargo', 'Error: secrets is forbidden');
    const partly = await platformStatus(kubectl, helm, chosen);
    expect(partly.good).toBe(false);
    expect(partly.components.find(({ name }) => name === 'kargo')).toMatchObject({
      state: 'unknown',
    });
  });
});

describe('platform status after an uninstall', () => {
  it('tells kinds that stayed from kinds that somebody else brought', async () => {
    const { kubectl, helm, chosen } = await surroundings({});
    const seenAs = async (release: string) => {
      const annotations = { 'meta.helm.sh/release-name': release };
      const kind = { kind: 'CustomResourceDefinition', metadata: { name: 'x', annotations } };
      await fakes.objects('customresourcedefinition', kind);
      const { components } = await platformStatus(kubectl, helm, chosen);
      return components.find(({ name }) => name === 'kargo');
    };
    expect(await seenAs('kargo')).toMatchObject({
      state: 'absent',
      detail: expect.stringContaining('stayed'),
    });
    expect((await seenAs("somebody else's"))?.state).toBe('foreign');
  });
});

describe('volumes', () => {
  it('have a folder each, and none that another volume has', async () => {
    const { kubectl } = await surroundings({});
    expect((await provideVolumes(kubectl, parseNfs('nfs.example.com:/exports/'))).state).toBe(
      'changed',
    );
    const applied = parse(await readFile(join(fakes.folder, 'state/applied'), 'utf8'));
    const paths = applied.items.map(
      (one: { spec: { nfs: { path: string } } }) => one.spec.nfs.path,
    );
    const { canaryNamespace, productionNamespace } = SETTINGS;
    expect(paths).toEqual([`/exports/${canaryNamespace}`, `/exports/${productionNamespace}`]);
    const other = {
      kind: 'PersistentVolume',
      metadata: { name: 'other' },
      spec: { nfs: { server: 'nfs.example.com', path: `/exports/${productionNamespace}` } },
    };
    await fakes.objects('persistentvolumes', { kind: 'List', items: [other] });
    await expect(provideVolumes(kubectl, parseNfs('nfs.example.com:/exports'))).rejects.toThrow(
      /two writers/,
    );
  });

  it('are not made for a claim that has one', async () => {
    const { kubectl } = await surroundings({});
    const bound = [SETTINGS.productionNamespace, SETTINGS.canaryNamespace].map((namespace) => ({
      kind: 'PersistentVolume',
      metadata: { name: `orderbooks-data.${namespace}` },
      spec: { claimRef: { namespace, name: 'orderbooks-data' } },
    }));
    await fakes.objects('persistentvolumes', { kind: 'List', items: bound });
    const outcome = await provideVolumes(kubectl, parseNfs('nfs.example.com:/exports'));
    expect(outcome.state).toBe('unchanged');
  });
});

describe('reviewed values', () => {
  it('keep kinds, and keep administrators out, unless an option says otherwise', async () => {
    const read = async (name: string) =>
      parse(await readFile(join(ROOT, `platform/values/${name}.yaml`), 'utf8'));
    expect((await read('argo-cd')).configs.cm['admin.enabled']).toBe('false');
    expect((await read('kargo')).api.adminAccount.enabled).toBe(false);
    expect((await read('argo-cd')).crds.keep).toBe(true);
    expect((await read('kargo')).crds.keep).toBe(true);
    expect((await read('argo-rollouts')).keepCRDs).toBe(true);
  });

  it('are there for every component, and for nothing else', async () => {
    const names = (await readComponents(ROOT)).map(({ name }) => `${name}.yaml`).sort();
    const files = await readdir(join(ROOT, 'platform/values'));
    expect(files.filter((file) => file.endsWith('.yaml')).sort()).toEqual(names);
  });

  it('are merged as Helm merges: maps by key, lists as a whole', () => {
    expect(merge({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { c: [3] } })).toEqual({
      a: { b: 1, c: [3] },
      d: 1,
    });
  });
});

interface Given {
  readonly dryRun?: boolean;
  readonly existing?: readonly string[];
  readonly toolsOnly?: boolean;
  readonly runners?: Runners;
}

async function surroundings({ dryRun = false, existing = [], runners = 'none' }: Given) {
  const { environment } = fakes;
  return {
    kubectl: new Kubectl({ signal, environment, dryRun }),
    helm: new Helm({ signal, environment }),
    chosen: choose(await readComponents(ROOT), { existing, runners }),
    timeoutMs: 60_000,
  };
}

async function install(given: Given = {}): Promise<StepsResult> {
  const steps = installSteps({
    ...(await surroundings(given)),
    charts,
    values: {
      root: ROOT,
      own: {},
      adminAccounts: false,
      repoUrl: 'https://git.example.com/data/orderbooks.git',
    },
    toolsOnly: given.toolsOnly === true,
    runners: given.runners ?? 'none',
    waitMs: 0,
    home: fakes.folder,
    signal,
  });
  return runSteps(steps, () => undefined);
}

async function uninstall(): Promise<StepsResult> {
  return runSteps(uninstallSteps(await surroundings({})), () => undefined);
}

function states({ steps }: StepsResult): readonly string[] {
  return steps.map(({ name, state }) => `${name}: ${state}`);
}

function applicationsOf(finalizers: readonly string[]) {
  const items = ['orderbooks-canary', 'orderbooks-delivery', 'orderbooks-full'].map((name) => ({
    kind: 'Application',
    metadata: { name, finalizers },
  }));
  return { kind: 'List', items };
}
