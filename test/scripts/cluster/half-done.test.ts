import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OrderbooksError } from '../../../runtime/errors.ts';
import { type MadeChange, notingChanges } from '../../../scripts/cluster/changes.ts';
import { Helm } from '../../../scripts/cluster/helm.ts';
import { Kubectl } from '../../../scripts/cluster/kubectl.ts';
import { runSteps, type StepsResult } from '../../../scripts/cluster/steps.ts';
import { installChart } from '../../../scripts/platform/chart.ts';
import { readComponents } from '../../../scripts/platform/components.ts';
import { type FakeAnswer, fakeKubectl } from '../deploy/fake-kubectl.ts';
import { runMain } from './command.ts';
import { type FakePrograms, fakePrograms } from './fake-programs.ts';

// A command that breaks off in the middle: what it has changed by then is named, for people and in its JSON.

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FORBIDDEN = 'Error from server (Forbidden): namespaces is forbidden';
const UNAUTHORIZED = 'error: You must be logged in to the server (Unauthorized)';
const list = (...items: readonly object[]) => JSON.stringify({ kind: 'List', items });

let folder: string;
let programs: FakePrograms;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'half-done-'));
  programs = await fakePrograms();
});
afterAll(async () => {
  await programs.remove();
  await rm(folder, { recursive: true, force: true });
});

async function environmentOf(answers: readonly (readonly [string, FakeAnswer])[]) {
  const { environment } = await fakeKubectl(folder, answers);
  const PATH = `${environment['PATH']?.split(delimiter)[0]}${delimiter}${programs.environment['PATH']}`;
  return { ...programs.environment, PATH };
}

/** As a person sees it, and as a program does. */
async function run(
  main: string,
  words: readonly string[],
  answers: readonly (readonly [string, FakeAnswer])[],
) {
  const said = await runMain(main, words, await environmentOf(answers));
  const json = await runMain(main, [...words, '--json'], await environmentOf(answers));
  expect([said.code, json.code], `${said.out}${said.error}`).toEqual([1, 1]);
  const result = JSON.parse(json.out) as StepsResult;
  return { ...said, result, failed: result.steps.find(({ state }) => state === 'failed') };
}

describe('kubectl that is refused one object of several', () => {
  const written = { kind: 'Namespace', metadata: { name: 'orderbooks-canary' } };

  it('has written others: bootstrap names them', async () => {
    const { out, error, failed } = await run(
      'bootstrap',
      [],
      [
        ['get -f *', { out: '', next: list(written) }],
        ['apply *', { code: 1, error: FORBIDDEN }],
      ],
    );
    expect(out).toMatch(/^failed {7}namespaces: FORBIDDEN: /m);
    expect(out).toContain('had changed before: Namespace orderbooks-canary created');
    expect(error).toContain('What is done stays done');
    expect(failed?.changed).toEqual([{ object: 'Namespace orderbooks-canary', change: 'created' }]);
  });

  it('may have written others: bootstrap says so where it cannot look', async () => {
    const { out, failed } = await run(
      'bootstrap',
      [],
      [
        ['get -f *', { out: '', nextError: UNAUTHORIZED }],
        ['apply *', { code: 1, error: UNAUTHORIZED }],
      ],
    );
    expect(out).toContain('some of 3 objects perhaps (they could not be looked at: UNAUTHORIZED)');
    expect(failed?.changed).toHaveLength(1);
  });
});

describe('kubectl that is killed', () => {
  it('while it writes: bootstrap says that the outcome is not known', async () => {
    const { out, error, result } = await run(
      'bootstrap',
      [],
      [
        ['get -f *', { out: '' }],
        ['apply *', { never: 'killed' }],
      ],
    );
    expect(out).toMatch(/^failed {7}namespaces: PROGRAM_KILLED: .*ended by SIGKILL.*is not known/m);
    expect(error).toContain('Whether anything was changed is not known');
    expect(result.error?.outcomeUnknown).toBe(true);
  });

  it('while it reads: nothing was changed, and nothing is said to be unknown', async () => {
    const { out, error, result } = await run('bootstrap', [], [['get *', { never: 'killed' }]]);
    expect(out).not.toContain('is not known');
    expect(error).toContain('Nothing was changed');
    expect(result.error).not.toHaveProperty('outcomeUnknown');
  });

  it('while it deletes the trial: cleanup says that the outcome is not known', async () => {
    const ours = { metadata: { labels: { 'app.kubernetes.io/name': 'orderbooks' } } };
    const { out, result } = await run(
      'cleanup',
      ['--force'],
      [
        ['get namespaces *', { out: JSON.stringify(ours) }],
        ['get *', { out: list() }],
        ['delete *', { never: 'killed' }],
      ],
    );
    expect(out).toMatch(/PROGRAM_KILLED: .*is not known/);
    expect(result.error?.outcomeUnknown).toBe(true);
  });
});

it('uninstall that may delete one Application and not the other names the first', async () => {
  const names = ['orderbooks-delivery', 'orderbooks-full'];
  const { out, error, failed } = await run(
    'platform',
    ['uninstall', '--yes'],
    [
      [
        'get applications.argoproj.io *',
        { out: list(...names.map((name) => ({ metadata: { name } }))) },
      ],
      ['delete applications.argoproj.io orderbooks-full *', { code: 1, error: FORBIDDEN }],
      ['delete *', { out: 'deleted' }],
      ['get *', { out: '' }],
    ],
  );
  expect(out).toMatch(/^failed {7}argocd objects: FORBIDDEN: .*orderbooks-full/m);
  expect(failed?.changed).toEqual([
    { object: 'applications.argoproj.io orderbooks-delivery in argocd', change: 'deleted' },
  ]);
  expect(error).toContain('What is done stays done');
});

it('an interruption while something is applied says that it was ended, and what it left', async () => {
  const { environment, calls } = await fakeKubectl(folder, [
    ['get -f *', { out: '', next: list({ kind: 'ConfigMap', metadata: { name: 'one' } }) }],
    ['apply *', { never: 'waits' }],
  ]);
  const stop = new AbortController();
  const kubectl = new Kubectl({ environment, signal: stop.signal });
  const made: MadeChange[] = [];
  const applying = notingChanges(made, () =>
    kubectl.apply([{ kind: 'ConfigMap', metadata: { name: 'one' } }]),
  );
  const ended = expect(applying).rejects.toMatchObject({
    code: 'INTERRUPTED',
    outcomeUnknown: true,
    message: expect.stringMatching(/SIGTERM.* It ended kubectl apply .*is not known/),
  });
  await vi.waitFor(async () => expect((await calls()).join()).toContain('apply'), {
    timeout: 20_000,
  });
  stop.abort(new OrderbooksError('INTERRUPTED', 'SIGTERM: stopped'));
  await ended;
  expect(made).toEqual([{ object: 'ConfigMap one', change: 'created' }]);
  await expect(kubectl.run(['delete', 'configmap', 'one'])).rejects.not.toHaveProperty(
    'outcomeUnknown',
    true,
  );
});

describe('helm', () => {
  let own: FakePrograms;
  beforeEach(async () => {
    own = await fakePrograms();
  });
  afterEach(() => own.remove());

  it('that is killed leaves a release that is named, with what to do about it', async () => {
    await own.upgradeEnds('argocd', 'pending-install', 'killed');
    const { error, steps } = await installArgoCd(60_000);
    expect(error).toMatchObject({ code: 'PROGRAM_KILLED', outcomeUnknown: true });
    expect(error?.message).toMatch(/release argocd\/argocd is now pending-install .*helm rollback/);
    expect(steps[0]?.changed).toEqual([
      { object: 'release argocd/argocd', change: 'is pending-install' },
    ]);
    const again = await installArgoCd(60_000);
    expect(again.error).toMatchObject({ code: 'RELEASE_PENDING' });
  });

  it('that hangs is ended, and a rerun repairs the release that failed', async () => {
    await own.upgradeEnds('argocd', 'failed', 'waits');
    const { error } = await installArgoCd(500);
    expect(error?.code).toBe('TIME_OUT');
    expect(error?.message).toMatch(/release argocd\/argocd is now failed .*repairs it/);
    const again = await installArgoCd(60_000);
    expect(again.steps[0]).toMatchObject({
      state: 'changed',
      detail: expect.stringContaining('failed'),
    });
  });

  it('that did nothing leaves everything as before, and says so', async () => {
    await own.fail('upgrade argocd', 'Error: UPGRADE FAILED: secrets is forbidden: you may not');
    const { error, steps } = await installArgoCd(60_000);
    expect(error?.message).toContain('release argocd/argocd is as before: not there');
    expect(steps[0]).not.toHaveProperty('changed');
  });

  async function installArgoCd(timeoutMs: number): Promise<StepsResult> {
    const component = (await readComponents(ROOT)).find(({ name }) => name === 'argo-cd');
    if (component === undefined) throw new Error('argo-cd is not pinned');
    const charts = own.folder;
    const chart = `${component.chart}-${component.version}`;
    await writeFile(join(charts, `${chart}.tgz`), 'a chart');
    await own.chart(chart, { values: 'a: 1' });
    const helm = new Helm({ signal: new AbortController().signal, environment: own.environment });
    const install = () =>
      installChart({ helm, component, charts, timeoutMs, values: { a: 2 }, dryRun: false });
    return runSteps([{ name: 'argo-cd', run: install }], () => undefined);
  }
});
