import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verdictOf } from '../../../../runtime/gates/evidence-content.ts';
import { pruneRuns } from '../../../../runtime/gates/evidence-retention.ts';
import { keepRun, markRunning, setLatest } from '../../../../runtime/gates/evidence-store.ts';
import {
  ARGOCD_NAMESPACE,
  ARGOCD_RULES,
  type PolicyRule,
  PRODUCTION_RULES,
  PROJECT_RULES,
  STAGE_RULES,
  WORKLOAD_RULES,
} from '../../../../runtime/gates/kubernetes/permissions.ts';
import {
  connectKubernetes,
  type KubernetesOptions,
} from '../../../../runtime/gates/kubernetes/platform.ts';
import { runGate } from '../../../../runtime/gates/run.ts';
import { verdictEvent } from '../../../../runtime/gates/verdict-event.ts';
import { evidenceOf } from '../evidence-fixture.ts';
import { gateNamed, wsSmoke } from '../run-in-world.ts';
import { OTHER_DIGEST, SUBJECT, type World } from '../world.ts';
import { dig, type Seen } from './api-request.ts';
import { connected } from './connected.ts';
import { type FakeApiServer, TOKEN } from './fake-api-server.ts';

const CANARY = SUBJECT.namespace;
let world: World;
let api: FakeApiServer;
let abort: AbortController;
let options: KubernetesOptions;
let close: () => Promise<void>;

beforeEach(async () => {
  ({ world, api, abort, options, close } = await connected());
});

afterEach(() => close());

describe('the whole gate over HTTP', () => {
  it('passes in a good world and uses exactly the verbs of permissions.ts', async () => {
    const platform = connectKubernetes(options);
    const run = { run: 'r', gate: 'ws-smoke', startedAt: new Date(world.time) };
    await markRunning(platform, SUBJECT, run);
    const { checks } = await runGate(wsSmoke(), { ...world.context(), platform });
    expect(verdictOf(checks)).toMatchObject({ verdict: 'PASS' });
    const document = evidenceOf('PASS');
    await keepRun(platform, SUBJECT, document);
    await setLatest(platform, SUBJECT, document);
    await platform.tellStage(SUBJECT.project, SUBJECT.stage, verdictEvent(document, 'PASS', 'x'));
    await pruneRuns(platform, SUBJECT, 1);
    await platform.deleteEvidence(SUBJECT.project, document.run);
    // Ends of logs are read when a check refused.
    await platform.log(CANARY, 'recorder-replacement', 10);

    expect(api.requests.every((request) => request.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(used(CANARY)).toEqual(allowed(WORKLOAD_RULES));
    expect(used(SUBJECT.productionNamespace)).toEqual(allowed(PRODUCTION_RULES));
    expect(used(SUBJECT.project)).toEqual(allowed([...PROJECT_RULES, ...STAGE_RULES]));
    expect(used(ARGOCD_NAMESPACE)).toEqual(allowed(ARGOCD_RULES));
  });

  it('compares with production by an inspector on each side, and leaves nothing behind', async () => {
    const platform = connectKubernetes(options);
    const gate = gateNamed('canary-comparison');
    const { checks } = await runGate(gate, { ...world.context(), platform });
    expect(verdictOf(checks)).toMatchObject({ verdict: 'PASS' });
    expect(api.jobs.created.map((job) => dig(job, 'metadata', 'namespace'))).toEqual([
      CANARY,
      SUBJECT.productionNamespace,
    ]);
    expect(api.jobs.size).toBe(0);
    // The same Role is bound to the verifier in both namespaces; nothing is deleted in production but its own Jobs.
    expect(used(SUBJECT.productionNamespace)).not.toContain('delete pods');
    for (const verb of used(SUBJECT.productionNamespace)) {
      expect(allowed(WORKLOAD_RULES)).toContain(verb);
    }
  });

  it('deletes every Job it created', async () => {
    const platform = connectKubernetes(options);
    await platform.inspect(CANARY, {});
    await platform.upload(CANARY);
    expect(api.jobs.created).toHaveLength(2);
    expect(api.jobs.size).toBe(0);
  });
});

describe('Jobs from the CronJob’s own template', () => {
  it('an inspector reads only: volume and mounts read-only, no token, on the recorder’s node', async () => {
    await connectKubernetes(options).inspect(CANARY, {
      since: '2026-11-21T09:00:00Z',
      paths: ['a/b.jsonl.gz'],
      uploadOf: 'orderbooks-uploader-run1-7',
    });
    const [job] = api.jobs.created;
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
      '--upload=orderbooks-uploader-run1-7',
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

  it('an inspector runs the image of production where it is not to trust the judged one', async () => {
    const trusted = `registry.example.com/data/orderbooks@${OTHER_DIGEST}`;
    world.change.deployment = (workload) => ({ ...workload, image: trusted });
    const platform = connectKubernetes({ ...options, inspectorsOf: 'orderbooks' });
    await platform.inspect(CANARY, {});
    world.change.deployment = (workload) => ({ ...workload, image: 'changed' });
    await platform.inspect(CANARY, {});
    await platform.upload(CANARY);
    const images = api.jobs.created.map((job) =>
      dig(job, 'spec', 'template', 'spec', 'containers', '0', 'image'),
    );
    // The uploader is what is judged, so it is the release's own.
    expect(images).toEqual([trusted, trusted, 'orderbooks']);
  });

  it('an inspector of production runs exactly a digest, or the judged image while there is none', async () => {
    const platform = () => connectKubernetes({ ...options, inspectorsOf: 'orderbooks' });
    world.change.deployment = (workload) => ({ ...workload, image: 'orderbooks:latest' });
    await expect(platform().inspect(CANARY, {})).rejects.toThrow(/names no digest/);
    world.change.deployment = () => null;
    await platform().inspect(CANARY, {});
    expect(api.jobs.created).toHaveLength(1);
  });

  it('an upload is the CronJob’s Job with minimum age 0 appended, and may write', async () => {
    const outcome = await connectKubernetes(options).upload(CANARY);
    const pod = dig(api.jobs.created[0], 'spec', 'template', 'spec');
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
    expect(api.jobs.created).toHaveLength(0);
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
    api.jobs.condition = () => ({ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' });
    const outcome = await connectKubernetes(options).upload(CANARY);
    expect(outcome).toMatchObject({ succeeded: false, exitCode: 3, log: 'remote refused\n' });
    expect(outcome.reason).toContain('BackoffLimitExceeded');
    expect(api.deletedJobs).toEqual(['orderbooks-uploader-run1-1']);
  });

  it('a Job under way is deleted when the run is aborted', async () => {
    api.jobs.condition = () => {
      abort.abort(new Error('SIGTERM'));
      return null;
    };
    await expect(connectKubernetes(options).inspect(CANARY, {})).rejects.toThrow();
    expect(api.jobs.created).toHaveLength(1);
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
