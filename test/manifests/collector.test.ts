import { describe, expect, it } from 'vitest';
import { type RenderedObject, render } from './render.ts';

interface Template {
  readonly spec: {
    readonly serviceAccountName: string;
    readonly affinity: unknown;
    readonly securityContext: unknown;
    readonly automountServiceAccountToken: boolean;
    readonly containers: readonly {
      readonly image: string;
      readonly args: readonly string[];
      readonly env: readonly { readonly name: string; readonly value?: string }[];
      readonly securityContext: unknown;
      readonly livenessProbe: unknown;
      readonly readinessProbe: unknown;
      readonly startupProbe: unknown;
    }[];
  };
}

const full = render('gitops/overlays/full');
const canary = render('gitops/overlays/canary');

function templateOf(objects: readonly RenderedObject[], name: string): Template {
  const found = objects.find(
    ({ kind, metadata }) => kind === 'Deployment' && metadata.name === name,
  );
  if (found === undefined) throw new Error(`no Deployment ${name}`);
  return found.spec?.['template'] as Template;
}

describe('the collector', () => {
  it('runs in production and nowhere else', () => {
    const named = (objects: readonly RenderedObject[]) =>
      objects
        .filter(({ metadata }) => metadata.name === 'orderbooks-collector')
        .map(({ kind, metadata }) => `${kind} in ${metadata.namespace}`)
        .sort();
    expect(named(full)).toEqual(['Deployment in orderbooks', 'ServiceAccount in orderbooks']);
    expect(named(canary)).toEqual([]);
  });

  it('is as hardened and probed as the recorder, and names its image in what it writes', () => {
    const [mine, recorder] = ['orderbooks-collector', 'orderbooks-ws-recorder'].map((name) =>
      templateOf(full, name),
    );
    const [own, its] = [mine?.spec.containers[0], recorder?.spec.containers[0]];
    expect(mine?.spec.securityContext).toEqual(recorder?.spec.securityContext);
    expect(mine?.spec.automountServiceAccountToken).toBe(false);
    expect(mine?.spec.serviceAccountName).toBe('orderbooks-collector');
    expect(own?.securityContext).toEqual(its?.securityContext);
    expect(own?.startupProbe).toEqual(its?.startupProbe);
    expect(own?.readinessProbe).toEqual(its?.readinessProbe);
    expect(own?.livenessProbe).toEqual(its?.livenessProbe);
    expect(own?.args[0]).toBe('collector');
    expect(own?.env.find(({ name }) => name === 'ORDERBOOKS_IMAGE')?.value).toBe(own?.image);
  });

  it('and the recorder stay on one node, because one node at a time can mount the volume', () => {
    const mine = templateOf(full, 'orderbooks-collector').spec.affinity;
    expect(mine).toBeDefined();
    expect(templateOf(full, 'orderbooks-ws-recorder').spec.affinity).toEqual(mine);
    // Whoever starts first must match its own rule, or none of them could ever start.
    expect(JSON.stringify(mine)).toContain('["ws-recorder","collector"]');
    expect(templateOf(canary, 'orderbooks-ws-recorder').spec.affinity).toBeUndefined();
  });
});
