import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../runtime/config/configuration.ts';
import { simulateCommand } from '../../runtime/simulator/command.ts';
import {
  COMBINATIONS_FILE,
  readCombinations,
  writeCombination,
} from '../../scripts/kustomize/combinations.ts';
import { syncProblems } from './permitted.ts';
import { hardeningProblems, podsOf, restrictedProblems } from './pods.ts';
import { KUSTOMIZATIONS, objectsIn, type RenderedObject, renderText } from './render.ts';
import { copyManifests } from './tree.ts';

/** Two dozen renders by hand, on whatever machine. */
const OTHERS_TIMEOUT_MS = 300_000;
const tree = await copyManifests();
afterAll(() => tree.remove());
const list = await readCombinations(tree.root);
const texts = new Map(
  await Promise.all(
    list.map(
      async (one) =>
        [one.name, renderText(await writeCombination(tree.root, one), tree.root)] as const,
    ),
  ),
);
const withComponents = new Map<string, readonly RenderedObject[]>();
const objectsOf = (name: string): readonly RenderedObject[] => objectsIn(texts.get(name) ?? '');
/** What stands in the sources where a component, an overlay or the settings write. */
const PLACEHOLDERS = [
  'written by the overlay',
  'written by the component',
  'set by settings',
  'orderbooks-data.namespace',
  'namespace="namespace"',
];
const WORKLOADS = list.filter(({ kustomization }) => kustomization.startsWith('gitops/'));

describe('the list of combinations', () => {
  it('names every component at least once, and only folders that exist', () => {
    const named = new Set(list.flatMap(({ components, requires }) => [...components, ...requires]));
    const present = ['gitops', 'kargo', 'argocd'].flatMap((folder) =>
      readdirSync(join(tree.root, folder, 'components')).map(
        (name) => `${folder}/components/${name}`,
      ),
    );
    // Production's own overlay has the collector.
    expect([...named, 'gitops/components/collector'].sort()).toEqual(present.sort());
    for (const { kustomization } of list)
      expect(existsSync(join(tree.root, kustomization))).toBe(true);
  });

  it('is refused with the place of what is wrong in it', async () => {
    const broken = await copyManifests();
    try {
      const write = (text: string) => writeFile(join(broken.root, COMBINATIONS_FILE), text);
      await write('combinations: [{name: x, kustomization: ../up, components: [a]}]');
      await expect(readCombinations(broken.root)).rejects.toThrow(
        /combinations\[0\]\.kustomization/,
      );
      const twice = '{name: x, kustomization: kargo, components: [a]}';
      await write(`combinations: [${twice}, ${twice}]`);
      await expect(readCombinations(broken.root)).rejects.toThrow('every name once');
      await rm(join(broken.root, COMBINATIONS_FILE));
      await expect(readCombinations(broken.root)).rejects.toMatchObject({
        code: 'COMBINATIONS_INVALID',
      });
    } finally {
      await broken.remove();
    }
  });
});

describe.each(list.map(({ name }) => name))('%s', (name) => {
  it('renders to objects that are whole, each once, with nothing left to be written', () => {
    const objects = objectsOf(name);
    expect(objects.length).toBeGreaterThan(0);
    const ids = objects.map(
      ({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`,
    );
    expect(new Set(ids).size).toBe(ids.length);
    const left = PLACEHOLDERS.filter((placeholder) => texts.get(name)?.includes(placeholder));
    expect(left).toEqual([]);
  });
});

describe.each(WORKLOADS.map(({ name }) => name))('the workloads of %s', (name) => {
  it('are hardened like those of the bundle', () => {
    const pods = podsOf(objectsOf(name));
    expect([...pods.flatMap(restrictedProblems), ...pods.flatMap(hardeningProblems)]).toEqual([]);
  });

  it('stay in one namespace and keep their data when an Application or a file goes', () => {
    const objects = objectsOf(name);
    const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    expect(namespaces.size).toBe(1);
    for (const { kind, metadata } of objects) {
      if (!['PersistentVolume', 'PersistentVolumeClaim'].includes(kind)) continue;
      if (metadata.name === 'orderbooks-remote') continue; // A trial's.
      expect(metadata.annotations?.['argocd.argoproj.io/sync-options']).toBe(
        'Prune=false,Delete=false',
      );
    }
  });
});

describe('Argo CD', () => {
  const synced = list.filter(({ kustomization }) => /overlays\/(canary|full)$/.test(kustomization));

  it.each(synced.map((one) => [one.name, one] as const))('may sync %s', async (name, one) => {
    const application = `orderbooks-${one.kustomization.split('/').at(-1)}`;
    expect(syncProblems(await argocdWith(one.requires), application, objectsOf(name))).toEqual([]);
  });

  it('may not sync them without the components that they require', async () => {
    const plain = await argocdWith([]);
    const refused = synced.filter(
      ({ name, kustomization }) =>
        syncProblems(plain, `orderbooks-${kustomization.split('/').at(-1)}`, objectsOf(name))
          .length > 0,
    );
    expect(refused.map(({ name }) => name)).toEqual(
      synced.filter(({ requires }) => requires.length > 0).map(({ name }) => name),
    );
  });
});

describe('volumes', () => {
  it.each(['nfs', 'local'])('by %s are of one namespace each, and are kept', (kind) => {
    const found = ['canary', 'full'].map((stage) => {
      const objects = objectsOf(`${stage}-${kind}-volume`);
      const one = (wanted: string) => objects.find((object) => object.kind === wanted);
      const spec = one('PersistentVolume')?.spec as {
        claimRef: { namespace: string; name: string };
        persistentVolumeReclaimPolicy: string;
        nfs?: { path: string };
        local?: { path: string };
        accessModes: readonly string[];
        storageClassName: string;
      };
      const claim = one('PersistentVolumeClaim');
      expect(claim?.spec).toMatchObject({
        storageClassName: spec.storageClassName,
        volumeName: one('PersistentVolume')?.metadata.name,
      });
      expect(spec.accessModes).toEqual(
        expect.arrayContaining(claim?.spec?.['accessModes'] as string[]),
      );
      expect(spec.persistentVolumeReclaimPolicy).toBe('Retain');
      expect(spec.claimRef).toMatchObject({
        name: claim?.metadata.name,
        namespace: claim?.metadata.namespace,
      });
      return {
        name: one('PersistentVolume')?.metadata.name,
        path: spec.nfs?.path ?? spec.local?.path,
      };
    });
    // Two recorders in one folder would be two writers of one archive.
    expect(found[0]?.path).not.toBe(found[1]?.path);
    expect(found[0]?.name).not.toBe(found[1]?.name);
  });
});

describe('burst', () => {
  it('waits without a pod, a claim or a run, and is for its own nodes', () => {
    const objects = objectsOf('full-burst');
    const pods = podsOf(objects).filter(({ component }) => component.startsWith('burst'));
    expect(pods.map(({ component }) => component).sort()).toEqual([
      'burst-recorder',
      'burst-uploader',
    ]);
    for (const { spec, object } of pods) {
      expect(spec.nodeSelector).toEqual({ 'orderbooks.example.com/pool': 'burst' });
      expect(spec.tolerations).toHaveLength(1);
      if (object.kind === 'StatefulSet') expect(object.spec?.['replicas']).toBe(0);
      else expect(object.spec?.['suspend']).toBe(true);
    }
    // A claim without a pod stays Pending, and Pending keeps a Stage from being Healthy.
    expect(objects.filter(({ kind }) => kind === 'PersistentVolumeClaim')).toHaveLength(1);
  });
});

describe('a simulated feed', () => {
  it.each(['canary-simulated-feed', 'full-simulated'])(
    'is what every recorder of %s reads',
    (name) => {
      const readers = podsOf(objectsOf(name)).filter(({ component }) =>
        ['ws-recorder', 'collector', 'burst-recorder'].includes(component),
      );
      const ports = podsOf(objectsOf(name))
        .find(({ component }) => component === 'simulated-feed')
        ?.spec.containers[0]?.ports?.map(({ containerPort }) => containerPort);
      expect(readers.length).toBeGreaterThan(0);
      for (const { spec, owner } of readers) {
        const value = spec.containers[0]?.env?.find(
          (one) => one.name === 'ORDERBOOKS_CONFIG_OVERRIDES',
        )?.value;
        const { feed } = JSON.parse(value ?? '{}') as { feed: Record<string, string> };
        for (const url of Object.values(feed)) {
          expect(new URL(url).hostname, owner).toBe('orderbooks-simulated-feed');
          expect(ports).toContain(Number(new URL(url).port));
        }
      }
    },
  );
});

describe('what the pods are given', () => {
  const overrides = podsOf(objectsOf('full-simulated'))
    .flatMap(({ spec }) => spec.containers)
    .flatMap(({ env }) => env ?? [])
    .find(({ name }) => name === 'ORDERBOOKS_CONFIG_OVERRIDES')?.value;

  it.each(['canary', 'full', 'local'])(
    'as configuration of %s is one, with and without the feed',
    (overlay) => {
      const file = join(tree.root, 'gitops/overlays', overlay, 'config.yaml');
      const plain = loadConfiguration(file, {}).value;
      expect(plain.feed.gammaUrl).toBe('https://gamma-api.polymarket.com');
      const simulated = loadConfiguration(file, { ORDERBOOKS_CONFIG_OVERRIDES: overrides }).value;
      expect(simulated.feed.gammaUrl).toBe('http://orderbooks-simulated-feed:8081');
      expect({ ...simulated, feed: null }).toEqual({ ...plain, feed: null });
    },
  );

  it('as arguments of the simulated feed are options that it has', () => {
    const feed = podsOf(objectsOf('full-simulated')).find(
      ({ component }) => component === 'simulated-feed',
    );
    const [subcommand, ...options] = feed?.spec.containers[0]?.args ?? [];
    expect(subcommand).toBe('simulate');
    const command = simulateCommand();
    expect(command.parseOptions(options).unknown).toEqual([]);
    expect(command.opts()).toMatchObject({ host: '0.0.0.0', gammaPort: 8081, controlPort: 8084 });
  });
});

describe('one Stage instead of two', () => {
  it('takes Freight from the Warehouse by hand, without evidence of a canary', () => {
    const spec = objectsOf('kargo-single-stage').find(
      ({ kind, metadata }) => kind === 'Stage' && metadata.name === 'full',
    )?.spec as {
      requestedFreight: readonly { sources: unknown }[];
      promotionTemplate: { spec: { steps: readonly { as: string }[] } };
    };
    expect(spec.requestedFreight[0]?.sources).toEqual({ direct: true });
    expect(spec.promotionTemplate.spec.steps.map(({ as }) => as)).toEqual([
      'market-gate',
      'render',
      'market-gate-before-push',
      'publish',
      'remember',
    ]);
    const policies = objectsOf('kargo-single-stage').find(({ kind }) => kind === 'ProjectConfig')
      ?.spec?.['promotionPolicies'];
    expect(policies).toEqual([
      { stageSelector: { name: 'canary' }, autoPromotionEnabled: false },
      { stageSelector: { name: 'full' }, autoPromotionEnabled: false },
    ]);
  });

  it('and back are the two as they were, to the byte', () => {
    expect(texts.get('kargo-two-stage-again')).toBe(renderText('kargo', tree.root));
  });
});

describe('the same tree renders to the same bytes', () => {
  it.each(KUSTOMIZATIONS)('%s, rendered twice', (kustomization) => {
    expect(renderText(kustomization, tree.root)).toBe(renderText(kustomization, tree.root));
  });

  it.each(['canary-everything', 'full-everything'])('%s, rendered again', (name) => {
    const one = list.find((each) => each.name === name);
    expect(renderText(`${one?.kustomization}.${name}`, tree.root)).toBe(texts.get(name));
  });

  // ORDERBOOKS_KUSTOMIZE_OTHERS: paths of further kustomize programs, as in PATH (docs/bundle.md names those tried).
  const others = (process.env['ORDERBOOKS_KUSTOMIZE_OTHERS'] ?? '').split(':').filter(Boolean);
  it.each(others)('as with %s', { timeout: OTHERS_TIMEOUT_MS }, (program) => {
    const known = new Map<string, string | undefined>([
      ...KUSTOMIZATIONS.map((name) => [name, renderText(name, tree.root)] as const),
      ...list.map((one) => [`${one.kustomization}.${one.name}`, texts.get(one.name)] as const),
    ]);
    const differing = [...known].filter(
      ([kustomization, text]) =>
        execFileSync(program, ['build', kustomization], { cwd: tree.root, encoding: 'utf8' }) !==
        text,
    );
    expect(differing.map(([kustomization]) => kustomization)).toEqual([]);
  });
});

/** What argocd/ renders to when it lists `components` too. */
async function argocdWith(components: readonly string[]): Promise<readonly RenderedObject[]> {
  const key = components.join(' ');
  const known = withComponents.get(key);
  if (known !== undefined) return known;
  const wanted = {
    name: `with-${withComponents.size}`,
    kustomization: 'argocd',
    requires: [],
    components: [...components],
  };
  const folder = components.length === 0 ? 'argocd' : await writeCombination(tree.root, wanted);
  const objects = objectsIn(renderText(folder, tree.root));
  withComponents.set(key, objects);
  return objects;
}
