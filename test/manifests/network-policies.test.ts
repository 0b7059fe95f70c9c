import { describe, expect, it } from 'vitest';
import { type Flow, isAllowed, type Peer } from './flows.ts';
import { type Pod, podsOf } from './pods.ts';
import { type RenderedObject, render } from './render.ts';

const PUBLIC: Peer = { address: '104.18.34.205' };
const PRIVATE: Peer = { address: '10.1.2.3' };
const METADATA_SERVICE: Peer = { address: '169.254.169.254' };
const NODE: Peer = { address: '192.168.1.10' };
const DNS: Peer = { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } };
const NODE_DNS: Peer = { address: '169.254.20.10' };
const STRANGER: Peer = { namespace: 'default', labels: { app: 'stranger' } };
const PROMETHEUS: Peer = { namespace: 'monitoring', labels: { app: 'prometheus' } };
const FEED: Peer = {
  namespace: 'orderbooks-local',
  labels: {
    'app.kubernetes.io/name': 'orderbooks',
    'app.kubernetes.io/component': 'simulated-feed',
  },
};
const RECORDER: Peer = {
  namespace: 'orderbooks-local',
  labels: { 'app.kubernetes.io/name': 'orderbooks', 'app.kubernetes.io/component': 'ws-recorder' },
};

const to = (peer: Peer, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): Flow => ({
  direction: 'Egress',
  peer,
  port,
  protocol,
});
const from = (peer: Peer, port: number): Flow => ({
  direction: 'Ingress',
  peer,
  port,
  protocol: 'TCP',
});

/** Everything that anybody might try, and who of the bundle may. */
const FLOWS: Readonly<Record<string, { readonly flow: Flow; readonly may: readonly string[] }>> = {
  'asks the cluster for names': { flow: to(DNS, 53, 'UDP'), may: ['all'] },
  'asks for long names': { flow: to(DNS, 53), may: ['all'] },
  'asks the cache on its node': { flow: to(NODE_DNS, 53, 'UDP'), may: ['all'] },
  'asks a stranger for names': { flow: to(STRANGER, 53, 'UDP'), may: [] },
  'sends names to the internet': { flow: to(PUBLIC, 53, 'UDP'), may: [] },
  'reads the feed, or a public remote': {
    flow: to(PUBLIC, 443),
    may: ['collector', 'inspector', 'uploader', 'verifier', 'ws-recorder'],
  },
  'uses plain HTTP': { flow: to(PUBLIC, 80), may: [] },
  'reaches a remote at a private address': {
    flow: to(PRIVATE, 443),
    may: ['inspector', 'uploader', 'verifier'],
  },
  'reaches the API server behind its Service': { flow: to(NODE, 6443), may: ['verifier'] },
  "asks for the node's cloud credentials": { flow: to(METADATA_SERVICE, 80), may: [] },
  'asks for them by HTTPS': { flow: to(METADATA_SERVICE, 443), may: ['verifier'] },
  'calls a stranger': { flow: to(STRANGER, 8080), may: [] },
  'is probed by the kubelet, or read through the API server': {
    flow: from(NODE, 8080),
    may: ['collector', 'ws-recorder'],
  },
  'is scraped': { flow: from(PROMETHEUS, 8080), may: ['collector', 'ws-recorder'] },
  'is called at another port': { flow: from(STRANGER, 22), may: [] },
};

const canary = render('gitops/overlays/canary');
const full = render('gitops/overlays/full');
const kargo = render('kargo');

describe.each([
  ['the canary', canary, ['inspector', 'uploader', 'ws-recorder']],
  ['production', full, ['collector', 'inspector', 'uploader', 'ws-recorder']],
  ['delivery', kargo, ['verifier']],
] as const)('in %s', (_, objects, components) => {
  const pods = actors(objects);

  it('these pods run', () => {
    expect([...new Set(pods.map(({ component }) => component))].sort()).toEqual(components);
  });

  it.each(Object.entries(FLOWS))('%s: exactly who must', (__, { flow, may }) => {
    const allowed = pods.filter((pod) => isAllowed(objects, pod, flow));
    const wanted = pods.filter(({ component }) => may.includes('all') || may.includes(component));
    expect(allowed.map(({ component }) => component)).toEqual(
      wanted.map(({ component }) => component),
    );
  });

  it('a pod of nobody is cut off', () => {
    const stray = { ...(pods[0] as Pod), labels: { app: 'stray' }, component: 'stray' };
    for (const { flow } of Object.values(FLOWS)) {
      expect(isAllowed(objects, stray, flow)).toBe(false);
    }
  });
});

describe('with a simulated feed', () => {
  const local = render('gitops/overlays/local');
  const pods = actors(local);
  const who = (flow: Flow) =>
    pods.filter((pod) => isAllowed(local, pod, flow)).map(({ component }) => component);

  it.each([8081, 8082, 8083])('recorder and collector reach it at port %i, nobody else', (port) => {
    expect(who(to(FEED, port)).sort()).toEqual(['collector', 'ws-recorder']);
    expect(who(from(RECORDER, port))).toEqual(['simulated-feed']);
    expect(who(from(STRANGER, port))).toEqual([]);
  });

  it('and it reaches nobody, not even names; its faults are not for the network', () => {
    for (const flow of [to(DNS, 53, 'UDP'), to(PUBLIC, 443), to(RECORDER, 8080)]) {
      expect(who(flow)).not.toContain('simulated-feed');
    }
    expect(who(from(RECORDER, 8084))).toEqual([]);
  });
});

/** The rendered pods, and the inspector that the verifier makes of the uploader. */
function actors(objects: readonly RenderedObject[]): readonly Pod[] {
  return podsOf(objects)
    .flatMap((pod) => {
      if (pod.component !== 'uploader') return [pod];
      const component = 'inspector';
      const labels = { ...pod.labels, 'app.kubernetes.io/component': component };
      return [pod, { ...pod, component, labels }];
    })
    .filter(({ object }, index, all) =>
      // Two AnalysisTemplates make the same pod.
      object.kind === 'AnalysisTemplate'
        ? all.findIndex((one) => one.component === 'verifier') === index
        : true,
    )
    .toSorted((left, right) => (left.component < right.component ? -1 : 1));
}
