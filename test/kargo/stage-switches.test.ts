import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadProject, type Project } from '../../scripts/kargo/index.ts';
import { renderText } from '../manifests/render.ts';
import { copyManifests } from '../manifests/tree.ts';
import { delivery, PROJECT, trailersOf } from './bundle.ts';

const tree = await copyManifests();
afterAll(() => tree.remove());

function withComponents(...components: readonly string[]): Project {
  const name = `kargo-${components.join('-')}`;
  mkdirSync(join(tree.root, name));
  const list = components.map((component) => `../kargo/components/${component}`).join(', ');
  writeFileSync(
    join(tree.root, name, 'kustomization.yaml'),
    `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../kargo]\ncomponents: [${list}]\n`,
  );
  return loadProject(PROJECT, [{ file: name, text: renderText(name, tree.root) }]);
}

describe('the canary disabled', () => {
  const project = withComponents('single-stage');

  it('lets full promote without evidence, and still keeps market hours', async () => {
    const subject = delivery('2026-11-21T15:00:00Z', [], project);
    const promoted = await subject.promote();
    expect(promoted).toMatchObject({ phase: 'Succeeded', pushed: true });
    expect(trailersOf(subject.commits[0] ?? '')).toMatchObject({ Freight: subject.freight.name });
    const refused = await delivery('2026-11-20T15:00:00Z', [], project).promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toMatch(/^step "market-gate::closed": failed/);
  });
});

describe('the canary enabled again', () => {
  const project = withComponents('single-stage', 'two-stage');

  it('asks for evidence as before', async () => {
    const subject = delivery('2026-11-21T15:00:00Z', [], project);
    const refused = await subject.promote();
    expect(refused.message).toMatch(/^step "evidence-gate::refused": failed/);
    subject.evidence();
    expect(await subject.promote()).toMatchObject({ phase: 'Succeeded', pushed: true });
  });

  it('takes Freight from the canary alone', () => {
    const { sources } = project.stages.get('full')?.spec.requestedFreight[0] ?? {};
    expect(sources).toMatchObject({ direct: false, stages: ['canary'] });
  });
});
