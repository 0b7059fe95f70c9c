import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verdictOf } from '../../../../runtime/gates/evidence-content.ts';
import { keepRun, markRunning, setLatest } from '../../../../runtime/gates/evidence-store.ts';
import { GATES } from '../../../../runtime/gates/gates.ts';
import {
  type PolicyRule,
  PRODUCTION_RULES,
  PROJECT_RULES,
  WORKLOAD_RULES,
} from '../../../../runtime/gates/kubernetes/permissions.ts';
import {
  connectKubernetes,
  type KubernetesOptions,
} from '../../../../runtime/gates/kubernetes/platform.ts';
import { runGate } from '../../../../runtime/gates/run.ts';
import { evidenceOf } from '../evidence-fixture.ts';
import { SUBJECT, World } from '../world.ts';
import { dig, FakeApiServer, type Seen, TOKEN } from './fake-api-server.ts';

const CANARY = SUBJECT.namespace;
let world: World;
let api: FakeApiServer;
let folder: string;
let abort: AbortController;
let said: string[];
let options: KubernetesOptions;

beforeEach(async () => {
  world = new World();
  api = new FakeApiServer(world);
  abort = new AbortController();
  said = [];
  folder = await mkdtemp(join(tmpdir(), 'orderbooks-gates-'));
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig(await api.start()));
  options = {
    kubeconfig,
    inspectTimeoutMs: 60_000,
    uploadTimeoutMs: 60_000,
    runId: 'run1',
    signal: abort.signal,
    progress: (text) => said.push(text),
    wait: async () => {},
  };
});

afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

describe('the whole gate over HTTP', () => {
  it('passes in a good world and uses exactly the verbs of permissions.ts', async () => {
    const platform = connectKubernetes(options);
    const run = { run: 'r', gate: 'ws-smoke', startedAt: new Date(world.time) };
    await markRunning(platform, SUBJECT, run);
    const gate = GATES['ws-smoke'];
    if (gate === undefined) throw new Error('no gate');
    const { checks } = await runGate(gate, { ...world.context(), platform });
    expect(verdictOf(checks)).toMatchObject({ verdict: 'PASS' });
    const document = evidenceOf('PASS');
    await keepRun(platform, SUBJECT, document);
    await setLatest(platform, SUBJECT, document);
    // Ends of logs are read when a check refused.
    await platform.log(CANARY, 'recorder-replacement', 10);

    expect(api.requests.every((request) => request.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(used(CANARY)).toEqual(allowed(WORKLOAD_RULES));
    expect(used(SUBJECT.productionNamespace)).toEqual(allowed(PRODUCTION_RULES));
    expect(used(SUBJECT.project)).toEqual(allowed(PROJECT_RULES));
  });

  it('deletes every Job it created', async () => {
    const platform = connectKubernetes(options);
    await platform.inspect(CANARY, {});
    await platform.upload(CANARY);
    expect(api.createdJobs).toHaveLength(2);
    expect(api.jobs.size).toBe(0);
  });
});

describe('Jobs from the CronJob’s own template', () => {
  it('an inspector reads only: volume and mounts read-only, no token, on the recorder’s node', async () => {
    await connectKubernetes(options).inspect(CANARY, {
      since: '2026-11-21T09:00:00Z',
      paths: ['a/b.jsonl.gz'],
      remote: true,
    });
    const [job] = api.createdJobs;
    const pod = dig(job, 'spec', 'template', 'spec');
    expect(dig(job, 'metadata', 'name')).toBe('orderbooks-inspector-run1-1');
    expect(dig(job, 'spec')).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: 60,
      ttlSecondsAfterFinished: 600,
    });
    expect(dig(job, 'spec', 'template', 'metadata', 'labels')).toMatchObject({
      'app.kubernetes.io/name': 'orderbooks',
      'app.kubernetes.io/component': 'inspector',
    });
    expect(pod).toMatchObject({
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      affinity: {
        podAffinity: expect.anything(),
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] },
            ],
          },
        },
      },
    });
    expect(dig(pod, 'containers', '0', 'name')).toBe('inspector');
    expect(dig(pod, 'containers', '0', 'args')).toEqual([
      'inspect',
      '--data=/var/lib/orderbooks',
      '--json',
      '--since=2026-11-21T09:00:00Z',
      '--path=a/b.jsonl.gz',
      '--remote',
      '--config=/etc/orderbooks/config.yaml',
    ]);
    expect(dig(pod, 'volumes')).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'orderbooks-data', readOnly: true },
    });
    expect(dig(pod, 'containers', '0', 'volumeMounts')).toContainEqual({
      name: 'data',
      mountPath: '/var/lib/orderbooks',
      readOnly: true,
    });
    // Fields that this code does not know come through as they are.
    expect(dig(pod, 'securityContext', 'seccompProfile')).toEqual({ type: 'RuntimeDefault' });
  });

  it('an upload is the CronJob’s Job with minimum age 0 appended, and may write', async () => {
    const outcome = await connectKubernetes(options).upload(CANARY);
    const pod = dig(api.createdJobs[0], 'spec', 'template', 'spec');
    expect(dig(pod, 'containers', '0', 'args')).toEqual([
      'upload',
      '--config=/etc/orderbooks/config.yaml',
      '--data=/var/lib/orderbooks',
      '--minimum-age=0s',
    ]);
    expect(dig(pod, 'volumes')).toContainEqual({
      name: 'data',
      persistentVolumeClaim: { claimName: 'orderbooks-data' },
    });
    expect(outcome).toMatchObject({
      name: 'orderbooks-uploader-run1-1',
      succeeded: true,
      exitCode: 0,
      imageDigest: SUBJECT.imageDigest,
    });
  });

  it('a suspended CronJob starts no upload, and says so; inspectors are still made from it', async () => {
    api.cronJob = { ...api.cronJob, spec: { ...(api.cronJob['spec'] as object), suspend: true } };
    const platform = connectKubernetes(options);
    await expect(platform.upload(CANARY)).rejects.toMatchObject({ code: 'PLATFORM_SUSPENDED' });
    expect(api.createdJobs).toHaveLength(0);
    await platform.inspect(CANARY, {});
  });

  it('a CronJob that is missing is named', async () => {
    api.fault = (request) =>
      request.resource === 'cronjobs' ? { status: 404, body: { message: 'nope' } } : null;
    await expect(connectKubernetes(options).inspect(CANARY, {})).rejects.toThrow(
      /orderbooks-canary has no CronJob orderbooks-uploader/,
    );
  });

  it('a Job that fails is deleted too and brings its reason, exit code and log', async () => {
    world.change.upload = (outcome) => ({ ...outcome, exitCode: 3, log: 'remote refused\n' });
    api.jobCondition = () => ({ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' });
    const outcome = await connectKubernetes(options).upload(CANARY);
    expect(outcome).toMatchObject({ succeeded: false, exitCode: 3, log: 'remote refused\n' });
    expect(outcome.reason).toContain('BackoffLimitExceeded');
    expect(api.deletedJobs).toEqual(['orderbooks-uploader-run1-1']);
  });

  it('a Job under way is deleted when the run is aborted', async () => {
    api.jobCondition = () => {
      abort.abort(new Error('SIGTERM'));
      return null;
    };
    await expect(connectKubernetes(options).inspect(CANARY, {})).rejects.toThrow();
    expect(api.createdJobs).toHaveLength(1);
    expect(api.deletedJobs).toEqual(['orderbooks-inspector-run1-1']);
  });

  it('a Job whose creation was answered too late is found again, not created twice', async () => {
    let first = true;
    api.fault = (request) => {
      if (request.verb !== 'create' || request.resource !== 'jobs' || !first) return null;
      first = false;
      api.jobs.set('orderbooks-inspector-run1-1', {
        manifest: request.body ?? {},
        log: '',
        exitCode: 0,
      });
      return { status: 504, body: { message: 'timeout' } };
    };
    await expect(connectKubernetes(options).inspect(CANARY, {})).rejects.toThrow(/found 0/);
    expect(api.deletedJobs).toEqual(['orderbooks-inspector-run1-1']);
  });
});

describe('the report in an inspector’s log', () => {
  it.each<[string, (log: string) => string, RegExp]>([
    ['cut off', (log) => log.slice(0, -100), /cut off or no JSON/],
    ['empty', () => '', /found 0/],
    ['of another schema version', (log) => log.replace('inspect.v1', 'inspect.v9'), /schema/],
    [
      'with a field of another type',
      (log) => log.replace('"problems":[]', '"problems":7'),
      /problems/,
    ],
    ['there twice', (log) => `${log}${log}`, /found 2/],
    ['replaced by something else', () => 'rclone: command not found\n', /found 0/],
  ])('is refused when it is %s', async (_what, change, saying) => {
    api.log = change;
    const failure = connectKubernetes(options).inspect(CANARY, {});
    await expect(failure).rejects.toThrow(saying);
    await expect(failure).rejects.toMatchObject({ code: 'PLATFORM_ANSWER_INVALID' });
    expect(api.jobs.size).toBe(0);
  });
});

describe('an API server that refuses or fails', () => {
  it('401: says that the credentials are at fault', async () => {
    api.fault = () => ({ status: 401, body: { message: 'Unauthorized' } });
    await expect(pods()).rejects.toMatchObject({
      code: 'PLATFORM_UNAUTHORIZED',
      message: expect.stringMatching(/token or certificate/),
    });
    expect(api.requests).toHaveLength(1);
  });

  it('403: names verb, resource and namespace, and does not ask again', async () => {
    api.fault = () => ({ status: 403, body: { message: 'forbidden' } });
    await expect(pods()).rejects.toMatchObject({
      code: 'PLATFORM_FORBIDDEN',
      message: expect.stringMatching(
        /Role in namespace orderbooks-canary .* verb list on resource pods/,
      ),
    });
    expect(api.requests).toHaveLength(1);
  });

  it('404: a Deployment that is not there is null, a pod that is gone was deleted', async () => {
    api.fault = () => ({ status: 404, body: { message: 'not found' } });
    const platform = connectKubernetes(options);
    expect(await platform.deployment(CANARY, 'x')).toBeNull();
    await platform.deletePod(CANARY, 'x');
  });

  it('500: asks again, and gives up with the number of attempts', async () => {
    let failures = 2;
    api.fault = () => (failures-- > 0 ? { status: 500, body: { message: 'etcd' } } : null);
    expect(await pods()).toHaveLength(1);
    api.fault = () => ({ status: 500, body: { message: 'etcd' } });
    await expect(pods()).rejects.toThrow(/etcd \(gave up after 4 attempts\)/);
  });

  it('429: waits as long as it is told', async () => {
    const pauses: number[] = [];
    let first = true;
    api.fault = () => {
      if (!first) return null;
      first = false;
      return { status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '3' } };
    };
    const wait = async (milliseconds: number): Promise<void> => {
      pauses.push(milliseconds);
    };
    await connectKubernetes({ ...options, wait }).pods(CANARY, 'ws-recorder');
    expect(pauses).toEqual([3000]);
  });

  it('no answer: each call ends by itself', async () => {
    api.fault = () => 'hang';
    const platform = connectKubernetes({ ...options, callTimeoutMs: 50 });
    await expect(platform.pods(CANARY, 'ws-recorder')).rejects.toMatchObject({
      code: 'PLATFORM_UNREACHABLE',
      message: expect.stringMatching(/within 50 ms.*gave up after 4 attempts/),
    });
  });

  it('half an answer is none', async () => {
    api.fault = () => 'half';
    await expect(pods()).rejects.toMatchObject({ code: 'PLATFORM_UNREACHABLE' });
    api.fault = () => ({ text: '{"kind":"PodList","items":[{"metadata"' });
    await expect(pods()).rejects.toMatchObject({ code: 'PLATFORM_ANSWER_INVALID' });
  });

  it.each<[string, unknown]>([
    ['another kind', { kind: 'ConfigMapList', items: [] }],
    ['no items', { kind: 'PodList' }],
    ['a list that goes on elsewhere', { kind: 'PodList', metadata: { continue: 'x' }, items: [] }],
    ['a page of HTML', '<html>'],
    ['pods of another namespace', { kind: 'PodList', items: [foreignPod()] }],
  ])('an answer that is %s is refused', async (_what, body) => {
    api.fault = () => ({ status: 200, body });
    await expect(pods()).rejects.toMatchObject({ code: 'PLATFORM_ANSWER_INVALID' });
  });

  it('metrics through the proxy are asked for once: whoever polls asks again', async () => {
    api.fault = () => ({ status: 503, body: 'no endpoints' });
    await expect(connectKubernetes(options).metrics(CANARY, 'p')).rejects.toMatchObject({
      code: 'PLATFORM_FAILING',
    });
    expect(api.requests).toHaveLength(1);
  });
});

describe('ConfigMaps', () => {
  const write = { immutable: false, labels: {} };

  it('are created, then replaced; a conflict is tried again', async () => {
    const platform = connectKubernetes(options);
    await platform.putConfigMap('p', 'n', { a: '1' }, write);
    let conflicts = 1;
    api.fault = (request) =>
      request.verb === 'update' && conflicts-- > 0
        ? { status: 409, body: { message: 'modified' } }
        : null;
    await platform.putConfigMap('p', 'n', { a: '2' }, write);
    expect(dig(api.configMaps.get('p/n'), 'data')).toEqual({ a: '2' });
  });

  it('that are immutable are never replaced, and written twice only with the same data', async () => {
    const platform = connectKubernetes(options);
    await platform.putConfigMap('p', 'n', { a: '1' }, { ...write, immutable: true });
    expect(dig(api.configMaps.get('p/n'), 'immutable')).toBe(true);
    await platform.putConfigMap('p', 'n', { a: '1' }, { ...write, immutable: true });
    await expect(
      platform.putConfigMap('p', 'n', { a: '2' }, { ...write, immutable: true }),
    ).rejects.toThrow(/immutable/);
  });

  it('of a later run are left alone', async () => {
    const platform = connectKubernetes(options);
    await platform.putConfigMap('p', 'n', { run: 'later' }, write);
    await expect(
      platform.putConfigMap('p', 'n', { run: 'mine' }, { ...write, mayReplace: () => false }),
    ).rejects.toThrow(/belongs to a later run \(later\)/);
    expect(dig(api.configMaps.get('p/n'), 'data')).toEqual({ run: 'later' });
  });

  it('are written after an abort as well', async () => {
    abort.abort(new Error('SIGTERM'));
    await connectKubernetes(options).putConfigMap('p', 'n', { a: '1' }, write);
    expect(api.configMaps.size).toBe(1);
  });
});

describe('the kubeconfig', () => {
  it('that cannot be read, or lacks the context, is named', () => {
    expect(() => connectKubernetes({ ...options, kubeconfig: join(folder, 'none') })).toThrow(
      /could not be read/,
    );
    expect(() => connectKubernetes({ ...options, context: 'prod' })).toThrow(
      /no context "prod"; it has fake/,
    );
  });
});

function pods() {
  return connectKubernetes(options).pods(CANARY, 'ws-recorder');
}

function foreignPod() {
  return {
    metadata: {
      name: 'x',
      namespace: 'elsewhere',
      uid: 'u',
      labels: {
        'app.kubernetes.io/name': 'orderbooks',
        'app.kubernetes.io/component': 'ws-recorder',
      },
    },
    spec: { containers: [{ name: 'c' }] },
  };
}

function used(namespace: string): string[] {
  return [
    ...new Set(
      api.requests
        .filter((request) => request.namespace === namespace)
        .map((one: Seen) => right(one)),
    ),
  ].sort();
}

function allowed(rules: readonly PolicyRule[]): string[] {
  return rules
    .flatMap((rule) =>
      rule.apiGroups.flatMap((group) =>
        rule.resources.flatMap((resource) =>
          rule.verbs.map((verb) => right({ verb, group, resource })),
        ),
      ),
    )
    .sort();
}

function right({ verb, group, resource }: Pick<Seen, 'verb' | 'group' | 'resource'>): string {
  return `${verb} ${resource}.${group}`;
}
