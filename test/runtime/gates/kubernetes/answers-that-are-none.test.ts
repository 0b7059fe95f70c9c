import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  connectKubernetes,
  type KubernetesOptions,
} from '../../../../runtime/gates/kubernetes/platform.ts';
import { SUBJECT } from '../world.ts';
import { dig } from './api-request.ts';
import { connected } from './connected.ts';
import type { FakeApiServer } from './fake-api-server.ts';

const CANARY = SUBJECT.namespace;
let api: FakeApiServer;
let folder: string;
let abort: AbortController;
let options: KubernetesOptions;
let close: () => Promise<void>;

beforeEach(async () => {
  ({ api, folder, abort, options, close } = await connected());
});

afterEach(() => close());

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
    api.jobs.log = change;
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
    await expect(pods()).rejects.toThrow(/etcd; .*fails.* \(gave up after 4 attempts\)/);
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
