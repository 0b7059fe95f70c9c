import { AppsV1Api, BatchV1Api, CoreV1Api, KubeConfig, VersionApi } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { at } from '../../../../scripts/rehearse/cluster/fields.ts';
import {
  CLAIM,
  type Fixture,
  job,
  NAMESPACE,
  REPOSITORY,
  server,
  startFixture,
} from './fixture.ts';

const IMAGE = `${REPOSITORY}:v1`;
const VERIFIER = 'system:serviceaccount:delivery:verifier';

describe('the API server of the local cluster, through @kubernetes/client-node', () => {
  let fixture: Fixture;
  beforeEach(async () => {
    fixture = await startFixture();
    fixture.cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'delivery' } },
    ]);
  });
  afterEach(() => fixture.end());

  const config = async (user?: string): Promise<KubeConfig> => {
    const kubeconfig = new KubeConfig();
    kubeconfig.loadFromFile(await fixture.cluster.kubeconfig(user));
    return kubeconfig;
  };
  const core = async (user?: string): Promise<CoreV1Api> =>
    (await config(user)).makeApiClient(CoreV1Api);
  const status = async (
    refused: Promise<unknown>,
  ): Promise<{ code: number; message: string; reason: string }> => {
    const error: unknown = await refused.then(
      () => new Error('was not refused'),
      (reason: unknown) => reason,
    );
    const body = at(error, 'body');
    if (typeof body !== 'string') throw error;
    return JSON.parse(body);
  };
  const rbac = (rules: readonly unknown[]) =>
    fixture.cluster.apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'verifier', namespace: NAMESPACE },
        rules,
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'verifier', namespace: NAMESPACE },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'verifier' },
        subjects: [{ kind: 'ServiceAccount', name: 'verifier', namespace: 'delivery' }],
      },
    ]);

  it('answers with its version', async () => {
    const version = await (await config()).makeApiClient(VersionApi).getCode();
    expect(version.gitVersion).toBe('v1.34.3-rehearsal');
  });

  it('serves the log and the ports of a running pod', async () => {
    fixture.cluster.apply([CLAIM, server(IMAGE)]);
    const { pod } = await fixture.event('pod-ready');
    const api = await core();
    const log = await api.readNamespacedPodLog({ name: pod, namespace: NAMESPACE, tailLines: 1 });
    expect(JSON.parse(log)).toMatchObject({ mode: 'serve' });
    const answer: unknown = await api.connectGetNamespacedPodProxyWithPath({
      name: `${pod}:8080`,
      namespace: NAMESPACE,
      path: 'metrics',
    });
    const body = typeof answer === 'string' ? JSON.parse(answer) : answer;
    expect(body).toMatchObject({ url: '/metrics', method: 'GET' });
    const closed = await status(
      api.connectGetNamespacedPodProxyWithPath({
        name: `${pod}:9999`,
        namespace: NAMESPACE,
        path: 'metrics',
      }),
    );
    expect(closed).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
    expect(closed.message).toContain('connection refused');
  });

  it('says why there is no log yet', async () => {
    fixture.cluster.apply([job('waiting', { image: `${REPOSITORY}:none`, args: [] })]);
    const { pod } = await fixture.event('pod-waiting');
    const refused = await status(
      (await core()).readNamespacedPodLog({ name: pod, namespace: NAMESPACE }),
    );
    expect(refused.code).toBe(400);
    expect(refused.message).toMatch(
      new RegExp(`^container "ws-recorder" in pod "${pod}" is waiting to start: (Err)?Image`),
    );
  });

  it('lists by labels and reads Deployments with their status', async () => {
    fixture.cluster.apply([CLAIM, server(IMAGE)]);
    await fixture.event('pod-ready');
    const api = await core();
    const found = await api.listNamespacedPod({
      namespace: NAMESPACE,
      labelSelector:
        'app.kubernetes.io/component in (ws-recorder),app.kubernetes.io/name=orderbooks',
    });
    expect(found.items.map((pod) => pod.status?.phase)).toEqual(['Running']);
    const other = await api.listNamespacedPod({
      namespace: NAMESPACE,
      labelSelector: 'app.kubernetes.io/component!=ws-recorder',
    });
    expect(other.items).toHaveLength(0);
    const apps = (await config()).makeApiClient(AppsV1Api);
    const deployment = await apps.readNamespacedDeployment({
      name: 'orderbooks-ws-recorder',
      namespace: NAMESPACE,
    });
    expect(deployment.spec?.strategy?.type).toBe('Recreate');
    await fixture.until(
      'available',
      () =>
        at(
          fixture.cluster.get('apps/v1', 'Deployment', NAMESPACE, 'orderbooks-ws-recorder'),
          'status',
          'availableReplicas',
        ) === 1,
    );
  });

  it('creates a Job and deletes it with its pods only if told to', async () => {
    const batch = (await config()).makeApiClient(BatchV1Api);
    const body = job('one', { image: IMAGE, args: ['exit', '0'] });
    await batch.createNamespacedJob({ namespace: NAMESPACE, body });
    await fixture.event('job-finished');
    await batch.deleteNamespacedJob({ name: 'one', namespace: NAMESPACE });
    const pods = () => fixture.cluster.list('v1', 'Pod', NAMESPACE);
    expect(pods()).toHaveLength(1);
    await batch.createNamespacedJob({
      namespace: NAMESPACE,
      body: { ...body, metadata: { name: 'two', namespace: NAMESPACE } },
    });
    await fixture.event('job-finished', (event) => event.job === 'two');
    await batch.deleteNamespacedJob({
      name: 'two',
      namespace: NAMESPACE,
      propagationPolicy: 'Background',
    });
    expect(pods().map((pod) => pod.metadata.labels?.['job-name'])).toEqual(['one']);
  });

  it('ends a pod within its grace period when it is deleted', async () => {
    fixture.cluster.apply([CLAIM, server(IMAGE)]);
    const { pod } = await fixture.event('pod-ready');
    const api = await core();
    const left = await api.deleteNamespacedPod({ name: pod, namespace: NAMESPACE });
    expect(left.metadata?.deletionGracePeriodSeconds).toBe(10);
    await fixture.event('pod-deleted', (event) => event.pod === pod);
    const gone = await status(api.readNamespacedPod({ name: pod, namespace: NAMESPACE }));
    expect(gone).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: `pods "${pod}" not found`,
    });
  });

  it('refuses a write on an old version, a second create and a change of an immutable ConfigMap', async () => {
    const api = await core();
    const body = { metadata: { name: 'evidence' }, data: { verdict: 'RUNNING' } };
    const first = await api.createNamespacedConfigMap({ namespace: NAMESPACE, body });
    const again = await status(api.createNamespacedConfigMap({ namespace: NAMESPACE, body }));
    expect(again).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "evidence" already exists',
    });
    const replace = (data: Record<string, string>, immutable = false) =>
      api.replaceNamespacedConfigMap({
        name: 'evidence',
        namespace: NAMESPACE,
        body: { ...first, data, immutable },
      });
    const second = await replace({ verdict: 'PASS' });
    expect(await status(replace({ verdict: 'FAIL' }))).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "evidence": the object has been modified; please apply your changes to the latest version and try again',
    });
    const latest = { ...second, immutable: true };
    await api.replaceNamespacedConfigMap({ name: 'evidence', namespace: NAMESPACE, body: latest });
    const changed = await status(
      api.patchNamespacedConfigMap({
        name: 'evidence',
        namespace: NAMESPACE,
        body: { data: { verdict: 'FAIL' } },
      }),
    );
    expect(changed.code).toBe(415);
    const unconditional = await status(
      api.replaceNamespacedConfigMap({
        name: 'evidence',
        namespace: NAMESPACE,
        body: { metadata: { name: 'evidence' }, data: { verdict: 'FAIL' }, immutable: true },
      }),
    );
    expect(unconditional).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message:
        'ConfigMap "evidence" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    });
  });

  it('lets a ServiceAccount do what its Roles say, and nothing else', async () => {
    const api = await core(VERIFIER);
    const list = () => api.listNamespacedPod({ namespace: NAMESPACE });
    expect(await status(list())).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: `pods is forbidden: User "${VERIFIER}" cannot list resource "pods" in API group "" in the namespace "${NAMESPACE}"`,
    });
    rbac([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }]);
    expect((await list()).items).toEqual([]);
    expect(await status(api.listNamespacedPod({ namespace: 'delivery' }))).toMatchObject({
      code: 403,
    });
    expect(await status(api.listPodForAllNamespaces())).toMatchObject({
      message: `pods is forbidden: User "${VERIFIER}" cannot list resource "pods" in API group "" at the cluster scope`,
    });
    const log = api.readNamespacedPodLog({ name: 'any', namespace: NAMESPACE });
    expect((await status(log)).message).toContain(
      'pods "any" is forbidden: User "system:serviceaccount:delivery:verifier" cannot get resource "pods/log"',
    );
    const batch = (await config(VERIFIER)).makeApiClient(BatchV1Api);
    const create = batch.createNamespacedJob({
      namespace: NAMESPACE,
      body: job('denied', { image: IMAGE, args: [] }),
    });
    expect((await status(create)).message).toBe(
      `jobs.batch is forbidden: User "${VERIFIER}" cannot create resource "jobs" in API group "batch" in the namespace "${NAMESPACE}"`,
    );
    expect(fixture.cluster.accessUses()).toContainEqual({
      user: VERIFIER,
      verb: 'list',
      group: '',
      resource: 'pods',
      namespace: NAMESPACE,
      allowed: true,
      count: 1,
    });
  });

  it('respects resource names and subresources in rules', async () => {
    rbac([
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get'], resourceNames: ['mine'] },
      { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] },
    ]);
    fixture.cluster.apply(
      ['mine', 'other'].map((name) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: NAMESPACE },
      })),
    );
    const api = await core(VERIFIER);
    await api.readNamespacedConfigMap({ name: 'mine', namespace: NAMESPACE });
    const other = api.readNamespacedConfigMap({ name: 'other', namespace: NAMESPACE });
    expect(await status(other)).toMatchObject({ code: 403 });
    const proxy = api.connectGetNamespacedPodProxy({ name: 'none:8080', namespace: NAMESPACE });
    expect(await status(proxy)).toMatchObject({ code: 404 });
  });

  it('knows nobody without a token, and refuses a wrong one', async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${fixture.cluster.address}/api/v1/namespaces/default/pods`, { headers });
    const anonymous = await ask({});
    expect(anonymous.status).toBe(403);
    expect(at(await anonymous.json(), 'message')).toContain('User "system:anonymous" cannot list');
    expect((await ask({ authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('lets only the admin act as somebody else', async () => {
    const ask = async (user: string | undefined, as: string) => {
      const bearer = (await config(user)).getCurrentUser()?.token;
      const headers = { authorization: `Bearer ${bearer}`, 'impersonate-user': as };
      const url = `${fixture.cluster.address}/api/v1/namespaces/${NAMESPACE}/pods`;
      return at(await (await fetch(url, { headers })).json(), 'message');
    };
    expect(await ask(undefined, VERIFIER)).toContain(`User "${VERIFIER}" cannot list`);
    expect(await ask(VERIFIER, 'kubernetes-admin')).toContain(
      `User "${VERIFIER}" cannot impersonate resource "users"`,
    );
  });

  it('gives a pod the identity of its ServiceAccount unless the manifest declines', async () => {
    fixture.cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'verifier', namespace: NAMESPACE },
      },
      job('with-token', {
        image: IMAGE,
        args: ['exit', '0'],
        spec: { serviceAccountName: 'verifier', automountServiceAccountToken: true },
      }),
    ]);
    const { line } = await fixture.event('pod-log');
    const kubeconfig = new KubeConfig();
    kubeconfig.loadFromFile(String(at(JSON.parse(line), 'environment', 'KUBECONFIG')));
    const refused = await status(
      kubeconfig.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: NAMESPACE }),
    );
    expect(refused.message).toContain(`User "system:serviceaccount:${NAMESPACE}:verifier"`);
  });

  it('streams changes to watchers', async () => {
    const response = await fetch(
      `${fixture.cluster.address}/api/v1/namespaces/${NAMESPACE}/configmaps?watch=true`,
      { headers: { authorization: `Bearer ${await token()}` } },
    );
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    fixture.cluster.apply([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new', namespace: NAMESPACE } },
    ]);
    const first = await reader?.read();
    expect(JSON.parse(first?.value ?? '')).toMatchObject({
      type: 'ADDED',
      object: { metadata: { name: 'new' } },
    });
    await reader?.cancel();
  });

  const token = async (): Promise<string> => (await config()).getCurrentUser()?.token ?? '';
});
