import { describe, expect, it } from 'vitest';
import { render } from '../manifests/render.ts';
import { SETTINGS } from '../settings.ts';
import { renderedObject } from './bundle.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection', 'promote', '*'];

function writesOf(role: string): readonly string[] {
  return (renderedObject('Role', role)['rules'] as readonly Rule[]).flatMap((rule) =>
    rule.resources.flatMap((resource) =>
      rule.verbs
        .filter((verb) => WRITES.includes(verb))
        .map((verb) => `${verb} ${resource} ${rule.resourceNames?.join(',') ?? '*'}`),
    ),
  );
}

describe('rights', () => {
  it('a promoter promotes, and can neither approve a Freight nor file a ticket', () => {
    expect(writesOf('orderbooks-promoter')).toEqual([
      'promote stages canary,full',
      'create promotions *',
    ]);
  });

  it('a break-glass operator fills the one form and does nothing else', () => {
    expect(writesOf('orderbooks-break-glass-operator')).toEqual([
      'patch configmaps break-glass',
      'update configmaps break-glass',
    ]);
  });
});

describe('what Argo CD does with the gates', () => {
  const argocd = render('argocd');
  const spec = (kind: string, name: string) =>
    argocd.find((each) => each.kind === kind && each.metadata.name === name)?.spec;

  it('leaves the data of the ticket form alone, in syncs and in self-heal', () => {
    const delivery = spec('Application', 'orderbooks-delivery');
    expect(delivery?.['ignoreDifferences']).toEqual([
      {
        kind: 'ConfigMap',
        name: 'break-glass',
        namespace: SETTINGS.project,
        jsonPointers: ['/data'],
      },
    ]);
    expect(
      (delivery?.['syncPolicy'] as { syncOptions?: string[] } | undefined)?.syncOptions,
    ).toContain('RespectIgnoreDifferences=true');
  });

  it('syncs nothing to production by itself in regular hours, and a promotion that passed the gates all the same', () => {
    expect(spec('AppProject', 'orderbooks-workloads')?.['syncWindows']).toEqual([
      {
        kind: 'deny',
        description: 'Regular hours of US equities and a quarter of an hour before',
        schedule: '15 9 * * 1-5',
        duration: '6h45m',
        timeZone: 'America/New_York',
        applications: ['orderbooks-full'],
        manualSync: true,
        syncOverrun: true,
      },
    ]);
  });

  it('may deliver every kind of object that kargo/ renders', () => {
    const project = spec('AppProject', 'orderbooks-delivery');
    const permitted = ['clusterResourceWhitelist', 'namespaceResourceWhitelist'].flatMap((list) =>
      ((project?.[list] ?? []) as { group: string; kind: string }[]).map(
        ({ group, kind }) => `${group}/${kind}`,
      ),
    );
    for (const { apiVersion, kind } of render('kargo')) {
      const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
      expect(permitted).toContain(`${group}/${kind}`);
    }
  });
});
