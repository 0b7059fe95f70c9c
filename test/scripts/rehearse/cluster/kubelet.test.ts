import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at, list } from '../../../../scripts/rehearse/cluster/fields.ts';
import { CLAIM, type Fixture, job, NAMESPACE, REPOSITORY, startFixture } from './fixture.ts';

const IMAGE = `${REPOSITORY}:v1`;

/** What the fake program prints first. */
interface Report {
  readonly rest: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

describe('the kubelet of the local cluster', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture({
      overrides: () => ({
        configuration: { feed: { clobUrl: 'http://127.0.0.1:1' } },
        policy: { observation: '1s' },
        environment: { EXTRA: 'extra' },
      }),
    });
  });
  afterEach(() => fixture.end());

  const object = (kind: string, name: string, rest: object) => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: NAMESPACE },
    ...rest,
  });
  const run = async (
    name: string,
    options: Partial<Parameters<typeof job>[1]>,
  ): Promise<Report> => {
    fixture.cluster.apply([job(name, { image: IMAGE, args: ['exit', '0'], ...options })]);
    await fixture.event('job-finished', (event) => event.job === name);
    const line = await fixture.event('pod-log', (event) => event.pod.startsWith(`${name}-`));
    return JSON.parse(line.line) as Report;
  };
  const statusOf = (name: string) => {
    const [pod] = fixture.cluster.list('v1', 'Pod', NAMESPACE, `job-name=${name}`);
    return list(at(pod, 'status', 'containerStatuses'))[0];
  };

  it('gives a container the environment of the manifest, and of this machine only PATH', async () => {
    fixture.cluster.apply([
      object('ConfigMap', 'settings', { data: { LEVEL: 'info', from: 'map' } }),
      object('Secret', 'secret', { stringData: { password: 'hidden' } }),
    ]);
    const { environment, rest } = await run('environment', {
      args: ['exit', '0', '--name=$(POD_NAME)', '$$(POD_NAME)', '$(UNKNOWN)'],
      container: {
        envFrom: [{ configMapRef: { name: 'settings' }, prefix: 'S_' }],
        env: [
          { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
          { name: 'LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'LEVEL' } } },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'secret', key: 'password' } } },
          {
            name: 'ABSENT',
            valueFrom: { configMapKeyRef: { name: 'no', key: 'no', optional: true } },
          },
          { name: 'JOINED', value: '$(LEVEL)-$(POD_NAMESPACE)' },
        ],
      },
    });
    const pod = environment['POD_NAME'];
    expect(pod).toMatch(/^environment-[a-z0-9]{5}$/);
    expect(environment).toMatchObject({
      POD_NAMESPACE: NAMESPACE,
      LEVEL: 'info',
      S_LEVEL: 'info',
      S_from: 'map',
      PASSWORD: 'hidden',
      JOINED: `info-${NAMESPACE}`,
      EXTRA: 'extra',
      ORDERBOOKS_REVISION: 'a'.repeat(40),
    });
    expect(rest).toEqual(['0', `--name=${pod}`, '$(POD_NAME)', '$(UNKNOWN)']);
    expect(Object.keys(environment)).not.toContain('ABSENT');
    expect(Object.keys(environment)).not.toContain('VITEST');
    expect(Object.keys(environment)).not.toContain('KUBECONFIG');
  });

  it('hands a free port and the overrides of the rehearsal over as configuration overrides', async () => {
    const { environment } = await run('overrides', {
      container: { ports: [{ name: 'http', containerPort: 8080 }] },
    });
    const configuration = JSON.parse(environment['ORDERBOOKS_CONFIG_OVERRIDES'] ?? '');
    expect(configuration).toEqual({
      http: { port: expect.any(Number) },
      feed: { clobUrl: 'http://127.0.0.1:1' },
    });
    expect(configuration.http.port).not.toBe(8080);
    expect(JSON.parse(environment['ORDERBOOKS_POLICY_OVERRIDES'] ?? '')).toEqual({
      observation: '1s',
    });
  });

  it('puts volumes on disk and their paths into arguments and environment', async () => {
    fixture.cluster.apply([
      CLAIM,
      object('ConfigMap', 'config', { data: { 'config.yaml': 'a: 1\n', other: 'x' } }),
      object('Secret', 'rclone', { stringData: { 'rclone.conf': '[remote]\n' } }),
    ]);
    const { rest, environment } = await run('mounts', {
      args: [
        'exit',
        '0',
        '--config=/etc/orderbooks/config.yaml',
        '--data=/var/lib/orderbooks',
        '/etc/orderbooks-other/x',
        '/labels/app',
      ],
      spec: {
        volumes: [
          { name: 'data', persistentVolumeClaim: { claimName: 'orderbooks-data' } },
          {
            name: 'config',
            configMap: { name: 'config', items: [{ key: 'config.yaml', path: 'config.yaml' }] },
          },
          { name: 'rclone', secret: { secretName: 'rclone', defaultMode: 0o400 } },
          { name: 'tmp', emptyDir: {} },
          {
            name: 'labels',
            downwardAPI: {
              items: [{ path: 'app', fieldRef: { fieldPath: "metadata.labels['job-name']" } }],
            },
          },
        ],
      },
      container: {
        env: [{ name: 'RCLONE_CONFIG', value: '/etc/rclone/rclone.conf' }],
        volumeMounts: [
          { name: 'data', mountPath: '/var/lib/orderbooks' },
          { name: 'config', mountPath: '/etc/orderbooks', readOnly: true },
          { name: 'rclone', mountPath: '/etc/rclone', readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'labels', mountPath: '/labels' },
        ],
      },
    });
    const [, config = '', data, untouched, label = ''] = rest;
    expect(await readFile(config.replace('--config=', ''), 'utf8')).toBe('a: 1\n');
    expect(data).toBe(`--data=${fixture.cluster.claimFolder(NAMESPACE, 'orderbooks-data')}`);
    expect(untouched).toBe('/etc/orderbooks-other/x');
    expect(await readFile(label, 'utf8')).toBe('mounts');
    const secret = environment['RCLONE_CONFIG'] ?? '';
    expect(await readFile(secret, 'utf8')).toBe('[remote]\n');
    expect((await stat(secret)).mode & 0o777).toBe(0o400);
    expect((await stat(environment['TMPDIR'] ?? '')).isDirectory()).toBe(true);
  });

  it('lets a container write where the manifest does, and nowhere else', async () => {
    fixture.cluster.apply([CLAIM]);
    const write = async (name: string, file: string, readOnly: boolean, root: boolean) => {
      await run(name, {
        args: ['write', file],
        spec: {
          volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orderbooks-data' } }],
        },
        container: {
          volumeMounts: [{ name: 'data', mountPath: '/var/lib/orderbooks', readOnly }],
          securityContext: { readOnlyRootFilesystem: root },
        },
      });
      return at(statusOf(name), 'state', 'terminated', 'exitCode');
    };
    expect(await write('writable', '/var/lib/orderbooks/file', false, true)).toBe(0);
    expect(await write('read-only', '/var/lib/orderbooks/other', true, true)).toBe(1);
    expect(await write('elsewhere', join(fixture.folder, 'escaped'), false, false)).toBe(1);
    const refused = await fixture.event('pod-log', (event) => event.line.includes('ERR_ACCESS'));
    expect(refused.pod).toMatch(/^read-only-/);
  });

  it('lets a container write where an override of the rehearsal points', async () => {
    const share = await mkdtemp(join(tmpdir(), 'orderbooks-share-'));
    const own = await startFixture({
      overrides: () => ({ configuration: { uploader: { remote: { target: share } } } }),
    });
    try {
      own.cluster.apply([job('shared', { image: IMAGE, args: ['write', join(share, 'copy')] })]);
      expect(await own.event('job-finished')).toMatchObject({ succeeded: true });
      expect(await readFile(join(share, 'copy'), 'utf8')).toBe('written');
    } finally {
      await own.end();
      await rm(share, { recursive: true, force: true });
    }
  });

  it('waits for a ConfigMap that is missing, and starts once it is there', async () => {
    fixture.cluster.apply([
      job('patient', {
        image: IMAGE,
        args: ['exit', '0'],
        spec: { volumes: [{ name: 'config', configMap: { name: 'late' } }] },
        container: { volumeMounts: [{ name: 'config', mountPath: '/etc/orderbooks' }] },
      }),
    ]);
    const waiting = await fixture.event('pod-waiting');
    expect(waiting).toMatchObject({
      reason: 'ContainerCreating',
      message: 'MountVolume.SetUp failed for volume "config" : configmap "late" not found',
    });
    fixture.cluster.apply([object('ConfigMap', 'late', { data: {} })]);
    expect(await fixture.event('job-finished')).toMatchObject({ succeeded: true });
  });

  it('never runs an image that is unknown, and says so as a container runtime does', async () => {
    fixture.cluster.apply([job('unknown', { image: `${REPOSITORY}:v9`, args: ['exit', '0'] })]);
    expect((await fixture.event('pod-waiting')).reason).toBe('ErrImagePull');
    await fixture.until(
      'back-off',
      () => at(statusOf('unknown'), 'state', 'waiting', 'reason') === 'ImagePullBackOff',
    );
    expect(statusOf('unknown')).toMatchObject({ imageID: '', ready: false });
    expect(fixture.events.map(({ type }) => type)).not.toContain('pod-started');
    await fixture.build('v9', 'c'.repeat(40));
    expect(await fixture.event('job-finished')).toMatchObject({ succeeded: true });
  });

  it('reports the digest that really runs when another image was put in its place', async () => {
    const other = await fixture.build('evil', 'd'.repeat(40));
    fixture.cluster.images.substitute(fixture.image.digest, other.digest);
    const report = await run('substituted', { image: `${IMAGE}@${fixture.image.digest}` });
    expect(report.environment['ORDERBOOKS_REVISION']).toBe('d'.repeat(40));
    expect(statusOf('substituted')).toMatchObject({
      image: `${IMAGE}@${fixture.image.digest}`,
      imageID: `${REPOSITORY}@${other.digest}`,
    });
  });

  it('keeps a pod pending while its affinity finds no neighbour', async () => {
    const affinity = {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: 'kubernetes.io/hostname',
            labelSelector: { matchLabels: { 'job-name': 'neighbour' } },
          },
        ],
      },
    };
    fixture.cluster.apply([job('near', { image: IMAGE, args: ['exit', '0'], spec: { affinity } })]);
    const waiting = await fixture.event('pod-waiting');
    expect(waiting).toMatchObject({
      reason: 'Unschedulable',
      message: "0/1 nodes are available: 1 node(s) didn't match pod affinity rules.",
    });
    fixture.cluster.apply([job('neighbour', { image: IMAGE, args: ['hang'] })]);
    await fixture.event('job-finished', (event) => event.job === 'near');
  });

  it('names what it cannot run instead of passing over it', async () => {
    fixture.cluster.apply([
      job('beyond', {
        image: IMAGE,
        args: ['exit', '0'],
        container: { lifecycle: { preStop: { sleep: { seconds: 5 } } } },
      }),
    ]);
    const waiting = await fixture.event('pod-waiting');
    expect(waiting.message).toContain('cannot be run by the kubelet of the rehearsal');
    expect(waiting.message).toContain('lifecycle');
  });

  it('shares a claim between pods and keeps it when they go', async () => {
    fixture.cluster.apply([CLAIM]);
    const options = {
      args: ['write', '/var/lib/orderbooks/kept'],
      spec: {
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'orderbooks-data' } }],
      },
      container: { volumeMounts: [{ name: 'data', mountPath: '/var/lib/orderbooks' }] },
    };
    await run('writer', options);
    fixture.cluster.delete('batch/v1', 'Job', NAMESPACE, 'writer');
    await fixture.event('pod-deleted');
    const folder = fixture.cluster.claimFolder(NAMESPACE, 'orderbooks-data');
    expect(await readFile(join(folder, 'kept'), 'utf8')).toBe('written');
    await writeFile(join(folder, 'kept'), 'by hand');
    expect(
      at(
        fixture.cluster.get('v1', 'PersistentVolumeClaim', NAMESPACE, 'orderbooks-data'),
        'status',
      ),
    ).toMatchObject({ phase: 'Bound' });
  });
});
