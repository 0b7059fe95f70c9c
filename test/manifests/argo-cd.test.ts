import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT } from '../../scripts/settings/names.ts';
import { syncProblems } from './permitted.ts';
import { KUSTOMIZATIONS, type RenderedObject, read, render } from './render.ts';

const renders = new Map<string, readonly RenderedObject[]>(
  KUSTOMIZATIONS.map((name) => [name, render(name)]),
);
const of = (name: string) => renders.get(name) ?? [];
const argocd = of('argocd');
const applications = argocd.filter(({ kind }) => kind === 'Application');
const projects = argocd.filter(({ kind }) => kind === 'AppProject');
const stages = of('kargo').filter(({ kind }) => kind === 'Stage');
/** What each Application delivers. */
const DELIVERED: Readonly<Record<string, readonly RenderedObject[]>> = {
  'orderbooks-canary': of('gitops/overlays/canary'),
  'orderbooks-full': of('gitops/overlays/full'),
  'orderbooks-delivery': of('kargo'),
};
const WORKLOADS = ['orderbooks-canary', 'orderbooks-full'] as const;

interface ApplicationSpec {
  readonly project: string;
  readonly source: {
    readonly repoURL: string;
    readonly targetRevision: string;
    readonly path: string;
  };
  readonly destination: { readonly namespace: string };
  readonly syncPolicy: {
    readonly automated: Readonly<Record<string, boolean>>;
    readonly syncOptions: readonly string[];
    readonly retry: { readonly limit: number };
  };
  readonly ignoreDifferences?: readonly Readonly<Record<string, unknown>>[];
}
const specOf = (name: string) =>
  applications.find(({ metadata }) => metadata.name === name)?.spec as unknown as ApplicationSpec;

/** Every sync option that Argo CD v3.5 knows; it ignores others silently (argo-cd, sync-options.md). */
const SYNC_OPTIONS =
  /^(Validate=false|SkipDryRunOnMissingResource=true|ApplyOutOfSyncOnly=true|PrunePropagationPolicy=(foreground|background|orphan)|PruneLast=true|Replace=true|Force=true|ServerSideApply=true|ClientSideApplyMigration=false|FailOnSharedResource=true|RespectIgnoreDifferences=true|CreateNamespace=true|Prune=(false|confirm)|Delete=(false|confirm))$/;

describe('Argo CD', () => {
  it.each(Object.keys(DELIVERED))('may sync all that %s delivers, and no kind more', (name) => {
    const objects = DELIVERED[name] ?? [];
    expect(syncProblems(argocd, name, objects)).toEqual([]);
    const project = projects.find(({ metadata }) => metadata.name === specOf(name).project);
    const users = applications.filter(({ spec }) => spec?.['project'] === project?.metadata.name);
    const delivered = users.flatMap(({ metadata }) => DELIVERED[metadata.name] ?? []);
    const permitted = ['clusterResourceWhitelist', 'namespaceResourceWhitelist'].flatMap((list) =>
      read<readonly { group: string; kind: string }[]>(project, 'spec', list),
    );
    for (const { group, kind } of permitted) {
      expect(
        delivered.some((object) => object.kind === kind && groupOf(object) === group),
        `${kind} is permitted and nothing of it is delivered`,
      ).toBe(true);
    }
  });

  it('has a project for the workloads and one for delivery, for this repository and cluster alone', () => {
    expect(projects.map(({ metadata }) => metadata.name).sort()).toEqual([
      'orderbooks-delivery',
      'orderbooks-workloads',
    ]);
    for (const project of projects) {
      const { spec } = project;
      expect(spec?.['sourceRepos']).toEqual([specOf('orderbooks-full').source.repoURL]);
      const kinds = spec?.['namespaceResourceWhitelist'] as readonly {
        kind: string;
        group: string;
      }[];
      expect(kinds.map(({ kind }) => kind)).not.toContain('Secret');
      for (const destination of read<readonly { namespace: string; server: string }[]>(
        project,
        'spec',
        'destinations',
      )) {
        expect(destination.server).toBe('https://kubernetes.default.svc');
        expect(destination.namespace).toMatch(/^orderbooks(-canary|-delivery)?$/);
      }
      expect(JSON.stringify(spec)).not.toContain('"*"');
    }
  });

  it('is given sync options that exist', () => {
    const given = [
      ...applications.flatMap(({ metadata }) => specOf(metadata.name).syncPolicy.syncOptions),
      ...[...renders.values()]
        .flat()
        .flatMap(
          ({ metadata }) =>
            metadata.annotations?.['argocd.argoproj.io/sync-options']?.split(',') ?? [],
        ),
    ];
    expect(given.length).toBeGreaterThan(5);
    expect(given.filter((option) => !SYNC_OPTIONS.test(option))).toEqual([]);
    expect('FailOnSharedResources=true').not.toMatch(SYNC_OPTIONS);
  });

  it('removes leftovers, refuses what another Application owns, and tries again', () => {
    for (const { metadata } of applications) {
      const { syncPolicy } = specOf(metadata.name);
      // Kargo's own sync never prunes; auto-sync prunes only together with selfHeal (argo-cd-and-rollouts.md §0).
      expect(syncPolicy.automated).toEqual({ prune: true, selfHeal: true });
      expect(syncPolicy.syncOptions).toEqual(
        expect.arrayContaining(['FailOnSharedResource=true', 'PruneLast=true']),
      );
      // Without a retry block Kargo's operation has none.
      expect(syncPolicy.retry.limit).toBeGreaterThanOrEqual(3);
    }
  });

  it('owns every object once', () => {
    const ids = Object.values(DELIVERED)
      .flat()
      .map(
        (object) =>
          `${groupOf(object)} ${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`,
      );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a promotion's revision is proven", () => {
  it.each(stages.map(({ metadata }) => metadata.name))('for Stage %s', (stage) => {
    const application = applications.find(
      ({ metadata }) => metadata.name === `orderbooks-${stage}`,
    );
    const { source } = specOf(`orderbooks-${stage}`);
    expect(application?.metadata.annotations?.['kargo.akuity.io/authorized-stage']).toBe(
      `${PROJECT}:${stage}`,
    );
    expect(source).toMatchObject({ targetRevision: `stage/${stage}`, path: '.' });
    const vars = stages.find(({ metadata }) => metadata.name === stage)?.spec?.[
      'vars'
    ] as readonly {
      name: string;
      value: string;
    }[];
    const value = (name: string) => vars.find((one) => one.name === name)?.value;
    // One character of difference, and argocd-update silently proves nothing.
    expect(value('repoURL')).toBe(source.repoURL);
    expect(value('application')).toBe(`orderbooks-${stage}`);
  });

  it('by the commit that was pushed', () => {
    const publish = of('kargo').find(
      ({ kind, metadata }) => kind === 'PromotionTask' && metadata.name === 'publish',
    );
    const steps = read<
      readonly {
        uses: string;
        as: string;
        config: unknown;
      }[]
    >(publish, 'spec', 'steps');
    expect(steps.map(({ uses }) => uses)).toEqual(['git-push', 'argocd-update']);
    expect(steps[1]?.config).toEqual({
      apps: [
        {
          name: '${{ vars.application }}',
          sources: [
            {
              repoURL: '${{ vars.repoURL }}',
              desiredRevision: '${{ quote(task.outputs.push.commit) }}',
            },
          ],
        },
      ],
    });
  });
});

describe('a sync of the workloads', () => {
  it.each(WORKLOADS)(
    'of %s is one wave without hooks: a Pending claim cannot hold it up',
    (name) => {
      for (const { kind, metadata } of DELIVERED[name] ?? []) {
        const keys = Object.keys(metadata.annotations ?? {});
        expect(keys, `${kind} ${metadata.name}`).not.toContain('argocd.argoproj.io/sync-wave');
        expect(keys, `${kind} ${metadata.name}`).not.toContain('argocd.argoproj.io/hook');
      }
    },
  );

  it.each(WORKLOADS)('of %s never takes data along', (name) => {
    const kept = (DELIVERED[name] ?? []).filter(({ kind }) =>
      ['Namespace', 'PersistentVolume', 'PersistentVolumeClaim'].includes(kind),
    );
    expect(kept.map(({ kind }) => kind).sort()).toEqual(['Namespace', 'PersistentVolumeClaim']);
    for (const { metadata } of kept) {
      expect(metadata.annotations?.['argocd.argoproj.io/sync-options']).toBe(
        'Prune=false,Delete=false',
      );
    }
    // Deleting the Application deletes nothing.
    const application = applications.find(({ metadata }) => metadata.name === name);
    expect(application?.metadata).not.toHaveProperty('finalizers');
  });

  it("leaves the ticket alone that people fill in Kargo's UI, and keeps the Project and its evidence", () => {
    const { ignoreDifferences, syncPolicy } = specOf('orderbooks-delivery');
    expect(ignoreDifferences).toEqual([
      {
        kind: 'ConfigMap',
        name: 'break-glass',
        namespace: PROJECT,
        jsonPointers: ['/data'],
      },
    ]);
    expect(syncPolicy.syncOptions).toEqual(
      expect.arrayContaining(['RespectIgnoreDifferences=true', 'ServerSideApply=true']),
    );
    const annotationsOf = (wanted: string) =>
      of('kargo').find(({ kind, metadata }) => `${kind} ${metadata.name}` === wanted)?.metadata
        .annotations;
    expect(annotationsOf('ConfigMap break-glass')?.['argocd.argoproj.io/sync-options']).toContain(
      'Prune=false',
    );
    expect(annotationsOf(`Project ${PROJECT}`)).toMatchObject({
      'argocd.argoproj.io/sync-wave': '-1',
      'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
      'kargo.akuity.io/keep-namespace': 'true',
    });
  });
});

describe('the deny window', () => {
  it('shuts full alone, from before the opening bell to the closing one, in a zone that exists', () => {
    const windows = projects.flatMap(
      ({ spec }) => (spec?.['syncWindows'] ?? []) as readonly object[],
    );
    expect(windows).toEqual([
      expect.objectContaining({
        // `Deny` would be accepted and mean nothing; a wrong zone would mean UTC.
        kind: 'deny',
        timeZone: 'America/New_York',
        applications: ['orderbooks-full'],
        schedule: '15 9 * * 1-5',
        duration: '6h45m',
        manualSync: true,
        syncOverrun: true,
      }),
    ]);
    expect(Intl.supportedValuesOf('timeZone')).toContain('America/New_York');
  });

  it('begins when the market gate does', () => {
    const calendar = of('kargo').find(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'market-sessions',
    );
    const { marginMinutes } = read<Record<string, string>>(calendar, 'data');
    // 9:30 less the margin is when the window's schedule starts.
    expect(9 * 60 + 30 - Number(parse(marginMinutes ?? ''))).toBe(9 * 60 + 15);
  });
});

function groupOf({ apiVersion }: RenderedObject): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
