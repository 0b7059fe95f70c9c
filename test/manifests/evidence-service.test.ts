import { afterAll, describe, expect, it } from 'vitest';
import { EVIDENCE_READER_RULES } from '../../runtime/gates/kubernetes/permissions.ts';
import { readCombinations, writeCombination } from '../../scripts/kustomize/combinations.ts';
import { PROJECT } from '../../scripts/settings/names.ts';
import { SETTINGS, settingsOf } from '../settings.ts';
import { type Flow, isAllowed, type Peer } from './flows.ts';
import { syncProblems } from './permitted.ts';
import { hardeningProblems, type Pod, podsOf, restrictedProblems } from './pods.ts';
import { read, render } from './render.ts';
import { copyManifests } from './tree.ts';

const tree = await copyManifests();
afterAll(() => tree.remove());

async function combined(kustomization: string, component: string) {
  const name = `${kustomization}-with-it`;
  const one = { name, kustomization, components: [component], requires: [] };
  return render(await writeCombination(tree.root, one), tree.root);
}

const objects = await combined('kargo', 'kargo/components/evidence-service');
const named = (kind: string, name = 'orderbooks-evidence') =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);
const service = podsOf(objects).find(({ component }) => component === 'evidence') as Pod;
const [container] = service.spec.containers as unknown as readonly [
  {
    readonly image: string;
    readonly args: readonly string[];
    readonly env: readonly Record<string, unknown>[];
  },
];

describe('the evidence service', () => {
  it('is a combination that is validated', async () => {
    const combinations = await readCombinations(tree.root);
    expect(combinations).toContainEqual({
      name: 'kargo-evidence-service',
      kustomization: 'kargo',
      components: ['kargo/components/evidence-service'],
      requires: ['argocd/components/evidence-service'],
    });
  });

  it('may read exactly what the service asks for, and nothing more', () => {
    expect(named('Role')?.['rules']).toEqual(EVIDENCE_READER_RULES);
    expect(named('RoleBinding')?.['subjects']).toEqual([
      { kind: 'ServiceAccount', name: 'orderbooks-evidence', namespace: PROJECT },
    ]);
  });

  it('is hardened like every pod of the bundle', () => {
    expect([...restrictedProblems(service), ...hardeningProblems(service)]).toEqual([]);
  });

  it('serves the image and the address of its settings, the address also at every Stage', () => {
    const { imageDigest, pageURL } = settingsOf('kargo/components/evidence-service');
    const image = `${SETTINGS.imageRepository}@${imageDigest}`;
    expect(container.image).toBe(image);
    expect(container.env).toContainEqual({ name: 'ORDERBOOKS_IMAGE', value: image });
    expect(container.args).toEqual([
      'evidence',
      'serve',
      `--project=${PROJECT}`,
      '--port=8080',
      `--page-url=${pageURL}`,
    ]);
    expect(read(named('ProjectConfig', PROJECT), 'spec', 'stageLinks')).toEqual([
      {
        title: 'Evidence',
        url: `${pageURL}/stages/{{ .stage.metadata.name }}`,
        description: expect.any(String),
      },
    ]);
    expect(JSON.stringify(objects)).not.toContain('written by the component');
  });

  it('needs the component of Argo CD that lets it be delivered, and no more', async () => {
    const application = 'orderbooks-delivery';
    const mine = objects.filter(({ metadata }) => metadata.name === 'orderbooks-evidence');
    expect(syncProblems(render('argocd'), application, mine)).toHaveLength(2);
    const argocd = await combined('argocd', 'argocd/components/evidence-service');
    expect(syncProblems(argocd, application, objects)).toEqual([]);
  });

  it("is reached by Kargo's API server alone, and reaches the cluster's alone", () => {
    const kargo = (component: string): Peer => ({
      namespace: 'kargo',
      labels: { 'app.kubernetes.io/component': component },
    });
    const flow = (direction: Flow['direction'], peer: Peer, port: number): Flow => ({
      direction,
      peer,
      port,
      protocol: 'TCP',
    });
    const may = (one: Flow) => isAllowed(objects, service, one);
    expect(may(flow('Ingress', kargo('api'), 8080))).toBe(true);
    expect(may(flow('Ingress', kargo('controller'), 8080))).toBe(false);
    expect(may(flow('Ingress', { namespace: 'default', labels: { app: 'x' } }, 8080))).toBe(false);
    expect(may(flow('Egress', { address: '192.168.1.10' }, 6443))).toBe(true);
    expect(may(flow('Egress', { address: '104.18.34.205' }, 80))).toBe(false);
  });
});
