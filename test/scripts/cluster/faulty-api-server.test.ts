import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Pod } from '../../../runtime/gates/platform.ts';
import { podObject } from '../../runtime/gates/kubernetes/api-objects.ts';
import { FakeApiServer, type Fault } from '../../runtime/gates/kubernetes/fake-api-server.ts';
import { World } from '../../runtime/gates/world.ts';
import { SETTINGS } from '../../settings.ts';
import { metricsText } from '../observe/metrics-text.ts';
import { runMain } from './command.ts';

// `observe` asks the API server itself, without kubectl, one question after the other: first who the recorder is, then its
// metrics again and again. Each may be the one that breaks.

vi.mock('../../../runtime/gates/kubernetes/platform.ts', async (original) => {
  const real = await original<typeof import('../../../runtime/gates/kubernetes/platform.ts')>();
  const impatient = { callTimeoutMs: 100, wait: async () => undefined };
  return {
    ...real,
    connectKubernetes: (options: Parameters<typeof real.connectKubernetes>[0]) =>
      real.connectKubernetes({ ...options, ...impatient }),
  };
});

const said = (status: number, message: string): Fault => ({ status, body: { message } });
const HOSTILE: readonly (readonly [name: string, fault: Fault, reason: RegExp])[] = [
  ['401', said(401, 'Unauthorized'), /PLATFORM_UNAUTHORIZED: .*Unauthorized; the token.*expired/],
  ['403', said(403, 'no'), /PLATFORM_FORBIDDEN: .*; a Role in namespace \S+ has to allow verb/],
  ['409', said(409, 'modified'), /PLATFORM_CONFLICT: .*modified; somebody else changes/],
  ['429', said(429, 'slow down'), /PLATFORM_FAILING: .*slow down; .*sheds load: wait a minute/],
  ['500', said(500, 'etcd'), /PLATFORM_FAILING: .*etcd; .*kubectl get --raw \/readyz/],
  ['time-out', 'hang', /PLATFORM_UNREACHABLE: .*no whole answer .* within 100 ms/],
  ['half a response', 'half', /PLATFORM_UNREACHABLE: .*no whole answer/],
];

const RECORDER: Pod = {
  name: 'recorder-1',
  namespace: SETTINGS.canaryNamespace,
  uid: 'uid-1',
  phase: 'Running',
  ready: true,
  terminating: false,
  restarts: 0,
  image: `${SETTINGS.imageRepository}:1`,
  imageDigest: `sha256:${'a'.repeat(64)}`,
  startedAt: '2026-11-20T12:00:00Z',
};

const api = new FakeApiServer(new World());
let folder: string;
let asked: number;
/** The number of the first question that is not answered, and of the first that is again. */
let broken: readonly [from: number, to: number];
let fault: Fault;
beforeAll(async () => {
  // Each question takes a second by the clock, so that it decides how many there are, however slow the machine is.
  vi.useFakeTimers({ toFake: ['Date'] });
  folder = await mkdtemp(join(tmpdir(), 'faulty-api-server-'));
  await writeFile(join(folder, 'kubeconfig'), api.kubeconfig(await api.start()));
  api.fault = ({ resource }) => {
    asked += 1;
    vi.setSystemTime(Date.now() + 1000);
    if (asked >= broken[0] && asked < broken[1]) return fault;
    return resource === 'pods'
      ? { status: 200, body: { kind: 'PodList', items: [podObject(RECORDER, 'ws-recorder')] } }
      : { text: metricsText(Date.now(), { frames: asked }) };
  };
});
afterAll(async () => {
  vi.useRealTimers();
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  asked = 0;
  broken = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
});

async function observed() {
  const evidence = join(folder, 'evidence.json');
  await rm(evidence, { force: true });
  const ended = await runMain(
    'observe',
    [
      ...['--for', '1s', '--reconnect-within', '1s', '--context', 'fake'],
      ...['--kubeconfig', join(folder, 'kubeconfig'), '--evidence', evidence],
    ],
    {},
  );
  expect(`${ended.out}${ended.error}`).not.toMatch(/\n\s+at |undefined|\[object/);
  const written = await readFile(evidence, 'utf8').catch(() => null);
  return { ...ended, evidence: written === null ? null : JSON.parse(written) };
}

it('observe passes on an API server that is well', async () => {
  const { code, out, evidence } = await observed();
  expect(code, out).toBe(0);
  expect(evidence).toMatchObject({ verdict: 'PASS', polls: 2, failed_polls: [] });
});

describe.each(HOSTILE)('observe on %s', (_name, answer, reason) => {
  beforeEach(() => {
    fault = answer;
  });

  it('of its first question says why there is nothing to watch, and leaves no evidence', async () => {
    broken = [1, Number.POSITIVE_INFINITY];
    const { code, out, error, evidence } = await observed();
    expect(code, `${out}${error}`).toBe(2);
    expect(error).toMatch(reason);
    expect(evidence).toBeNull();
  });

  it('of everything after its first poll fails, with the reason in table, judgement and evidence', async () => {
    broken = [3, Number.POSITIVE_INFINITY];
    const { code, out, error, evidence } = await observed();
    expect(code, `${out}${error}`).toBe(1);
    expect(out).toMatch(new RegExp(`^no answer: .*${reason.source}`, 'm'));
    expect(out).toMatch(new RegExp(`^✗ metrics answer .*1 polls answered.*${reason.source}`, 'm'));
    expect(evidence).toMatchObject({ verdict: 'FAIL', polls: 1 });
    expect(evidence.failed_polls).toEqual([
      expect.stringMatching(reason),
      expect.stringMatching(reason),
    ]);
  });

  it('of its first poll alone goes on, and says which poll failed', async () => {
    broken = [2, 3];
    const { evidence } = await observed();
    expect(evidence.failed_polls).toEqual([expect.stringMatching(reason)]);
    expect(evidence.polls).toBe(1);
  });
});
