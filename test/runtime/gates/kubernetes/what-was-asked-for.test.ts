import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  inspectArguments,
  summaryArguments,
} from '../../../../runtime/gates/kubernetes/inspector.ts';
import { jobFromTemplate } from '../../../../runtime/gates/kubernetes/job-template.ts';
import {
  connectKubernetes,
  type KubernetesOptions,
} from '../../../../runtime/gates/kubernetes/platform.ts';
import { DIGEST, OTHER_DIGEST, SUBJECT } from '../world.ts';
import { dig } from './api-request.ts';
import { connected } from './connected.ts';
import type { FakeApiServer } from './fake-api-server.ts';

const CANARY = SUBJECT.namespace;
let api: FakeApiServer;
let options: KubernetesOptions;
let close: () => Promise<void>;

beforeEach(async () => {
  ({ api, options, close } = await connected());
});

afterEach(() => close());

describe('pods', () => {
  it('of another component are none of those that were asked for', async () => {
    api.fault = () => listed([podObject({ component: 'uploader' })]);
    await expect(connectKubernetes(options).pods(CANARY, 'ws-recorder')).rejects.toMatchObject({
      code: 'PLATFORM_ANSWER_INVALID',
    });
  });

  it('are told by the container of the component, whatever runs beside it', async () => {
    api.fault = () => listed([podObject({ component: 'ws-recorder' })]);
    const [pod] = await connectKubernetes(options).pods(CANARY, 'ws-recorder');
    expect(pod).toMatchObject({ image: 'recorder', imageDigest: DIGEST, restarts: 2 });
  });
});

describe('delivery', () => {
  it.each([
    ['without a promotion', { lastPromotion: null }],
    ['without any status', undefined],
  ])('of a Stage %s is none', async (_what, status) => {
    api.fault = () => ({
      status: 200,
      body: { kind: 'Stage', metadata: { name: 'canary', namespace: 'p' }, status },
    });
    expect(await connectKubernetes(options).lastPromotion('p', 'canary')).toBeNull();
  });

  it('that is not there is none; what may not be read is an error', async () => {
    const platform = connectKubernetes(options);
    api.fault = () => ({ status: 404, body: { message: 'not found' } });
    expect(await platform.lastPromotion('p', 'canary')).toBeNull();
    expect(await platform.application('argocd', 'a')).toBeNull();
    api.fault = () => ({ status: 403, body: { message: 'forbidden' } });
    await expect(platform.lastPromotion('p', 'canary')).rejects.toMatchObject({
      code: 'PLATFORM_FORBIDDEN',
    });
    await expect(platform.application('argocd', 'a')).rejects.toMatchObject({
      code: 'PLATFORM_FORBIDDEN',
    });
  });
});

describe('a ConfigMap that may not be written', () => {
  it('is an error at once, and nothing is read in its stead', async () => {
    api.fault = () => ({ status: 403, body: { message: 'forbidden' } });
    const write = connectKubernetes(options).putConfigMap(
      'p',
      'n',
      { a: '1' },
      { immutable: false, labels: {} },
    );
    await expect(write).rejects.toThrow(/verb create/);
    expect(api.requests).toHaveLength(1);
  });
});

describe('kept evidence', () => {
  it('is that of the kind and Stage, of every page, the run that began last at the end', async () => {
    api.fault = ({ query }) =>
      query.get('continue') === null
        ? kept(['late', 'run'], ['other', 'latest'], 'more')
        : kept(['early', 'run'], ['middle', 'run'], '');
    const found = await connectKubernetes(options).keptEvidence('p', 'run', 'canary');
    expect(found.map(({ name }) => name)).toEqual(['early', 'late', 'middle']);
    expect(api.requests.map(({ query }) => query.get('continue'))).toEqual([null, 'more']);
    expect(api.requests[0]?.query.get('labelSelector')).toBe(
      'orderbooks-evidence=run,orderbooks-stage=canary',
    );
  });
});

describe('the Job of an inspector', () => {
  it('has the folder of the uploader, however that is told', () => {
    const plain = inspectArguments(['upload', '--data=/d', '--config=/c'], {});
    expect(plain).toEqual(['inspect', '--data=/d', '--json']);
    expect(inspectArguments(['upload', '--data', '/d'], {})).toEqual(plain);
    expect(() => inspectArguments(['upload', '--data'], {})).toThrow(/no argument --data=/);
    expect(() => inspectArguments(['upload', '/d'], {})).toThrow(/no argument --data=/);
  });

  it('is told the length of spans only where it is not the usual one', () => {
    const window = { since: 's', until: 'u', spanMs: 5000 };
    const usual = summaryArguments(['--data=/d'], window);
    expect(usual).toEqual(['inspect', '--data=/d', '--summary', '--since=s', '--until=u']);
    expect(summaryArguments(['--data=/d'], { ...window, spanMs: 500 })).toEqual([
      ...usual,
      '--span=500ms',
    ]);
  });

  it('is made of the uploader’s container, whatever stands before it', () => {
    const container = (name: string) => ({ name, image: name, args: [name] });
    const job = jobFromTemplate(
      {
        spec: {
          template: { spec: { containers: [container('proxy'), container('uploader')] } },
        },
      },
      {
        name: 'j',
        namespace: CANARY,
        component: 'inspector',
        runId: 'r',
        node: null,
        deadlineSeconds: 1,
        readOnly: true,
        args: () => ['inspect'],
      },
    );
    expect(dig(job, 'spec', 'template', 'spec', 'containers')).toMatchObject([
      { name: 'proxy', args: ['proxy'] },
      { name: 'inspector', image: 'uploader', args: ['inspect'] },
    ]);
  });
});

function listed(items: readonly unknown[]) {
  return { status: 200, body: { kind: 'PodList', items } };
}

function podObject({ component }: { readonly component: string }) {
  const status = (name: string, digest: string, restartCount: number) => ({
    name,
    restartCount,
    imageID: `r@${digest}`,
  });
  return {
    metadata: {
      name: 'x',
      namespace: CANARY,
      uid: 'u',
      labels: {
        'app.kubernetes.io/name': 'orderbooks',
        'app.kubernetes.io/component': component,
      },
    },
    spec: {
      containers: [
        { name: 'proxy', image: 'proxy' },
        { name: 'ws-recorder', image: 'recorder' },
      ],
    },
    status: {
      containerStatuses: [status('proxy', OTHER_DIGEST, 0), status('ws-recorder', DIGEST, 2)],
    },
  };
}

/** A page of two ConfigMaps with evidence, each by name and kind; the name says when the run began. */
function kept(one: readonly [string, string], other: readonly [string, string], next: string) {
  return {
    status: 200,
    body: {
      kind: 'ConfigMapList',
      metadata: { continue: next },
      items: [one, other].map(([name, kind]) => ({
        metadata: { name, labels: { 'orderbooks-evidence': kind } },
        data: { startedAt: name },
      })),
    },
  };
}
