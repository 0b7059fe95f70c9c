import { type LoadedObject, projectOf } from '../../../../scripts/kargo/load.ts';
import type { MemoryWorld } from '../../../../scripts/kargo/memory-world.ts';
import type { Project } from '../../../../scripts/kargo/project.ts';
import type { Refusal } from '../../../../scripts/kargo/refusal.ts';
import { admitStageOrTask } from '../../../../scripts/kargo/stage-admission.ts';
import type { Freight, KubernetesObject } from '../../../../scripts/kargo/step.ts';
import { SyncingWorld } from './argo-cd.ts';
import { list, type Raw, record, text } from './record.ts';
import type { Server } from './remote.ts';

export const PROJECT = 'oracle';
const REPOSITORY = 'http://git.test/oracle.git';

/** What the driver of the recordings had set up before every case (oracles/promotions.md). */
const STANDING_OBJECTS: readonly Raw[] = [
  warehouse('main', [image('registry.test/oracle/app'), { git: { repoURL: REPOSITORY } }]),
  warehouse('second', [image('registry.test/oracle/side'), image('registry.test/oracle/app')]),
  {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'ProjectConfig',
    metadata: { name: PROJECT, namespace: PROJECT },
    spec: {
      promotionPolicies: [
        { stageSelector: { name: 'auto-policy-first-match' }, autoPromotionEnabled: false },
        { stageSelector: { name: 'glob:auto-*' }, autoPromotionEnabled: true },
      ],
    },
  },
];

const SETTINGS = {
  mode: 'fast',
  number: '42',
  flag: 'true',
  closed: '2026-12-25,2026-01-01',
  'key.dot': 'd',
  multi: 'a\nb\n',
};

export interface Refused {
  readonly object: Raw;
  readonly refusal: Refusal;
}

/** The Project of a case and the objects of it that admission turned down. */
export function recordedProject(objects: readonly Raw[]): {
  readonly project: Project;
  readonly refused: readonly Refused[];
} {
  const refused: Refused[] = [];
  const accepted = objects.filter((object) => {
    if (!/^(Stage|PromotionTask|ClusterPromotionTask)$/.test(text(object['kind']))) return true;
    const refusal = admitStageOrTask(object);
    if (refusal !== null) refused.push({ object, refusal });
    return refusal === null;
  });
  const applied = new Map<string, Raw>();
  // Applied again, an object replaces the one before.
  for (const object of [...STANDING_OBJECTS, ...accepted.map(pruned)]) {
    applied.set(`${object['kind']}/${text(record(object['metadata'])['name'])}`, object);
  }
  const loaded = [...applied.values()].map(
    (value): LoadedObject => ({ value, place: () => ({ file: 'recording', line: 1, column: 1 }) }),
  );
  return { project: projectOf(PROJECT, loaded), refused };
}

const STEP_KEYS = ['uses', 'task', 'as', 'if', 'continueOnError', 'retry', 'vars', 'config'];

/** The API server drops keys of a step that its schema does not have; this project refuses them instead. */
function pruned(object: Raw): Raw {
  const prune = (value: unknown, inSteps: boolean): unknown => {
    if (Array.isArray(value)) return value.map((entry) => prune(entry, inSteps));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const kept = inSteps ? entries.filter(([key]) => STEP_KEYS.includes(key)) : entries;
    return Object.fromEntries(
      kept.map(([key, entry]) => [key, inSteps ? entry : prune(entry, key === 'steps')]),
    );
  };
  return record(prune(object, false));
}

export function recordedWorld(
  objects: readonly Raw[],
  freight: readonly Freight[],
  stages: readonly string[],
  server: Server,
  httpOrigin: string,
): MemoryWorld {
  const world = new SyncingWorld(server, httpOrigin, {
    project: PROJECT,
    freight: freight.map(({ name }) => name),
    stages,
    applications: objects.filter(({ kind }) => kind === 'Application').map(application),
    gitEnvironment: server.gitEnvironment,
  });
  world.configMaps.set(`${PROJECT}/settings`, SETTINGS);
  world.configMaps.set('kargo-shared-resources/oracle-shared', { k: 'shared-value' });
  world.secrets.set(`${PROJECT}/generic`, { token: 's3cr3t' });
  world.secrets.set(`${PROJECT}/plainsecret`, { token: 'plain-s3cr3t' });
  world.genericSecrets.add(`${PROJECT}/generic`);
  for (const object of objects.filter(({ kind }) => kind === 'ConfigMap')) {
    const { name, namespace } = record(object['metadata']);
    const data = Object.entries(record(object['data'])).map(([key, value]) => [key, text(value)]);
    world.configMaps.set(`${text(namespace)}/${text(name)}`, Object.fromEntries(data));
  }
  return world;
}

export function freightOf(raw: Raw): Freight {
  const alias = text(raw['alias']);
  return {
    name: text(record(raw['metadata'])['name']),
    ...(alias === '' ? {} : { alias }),
    origin: { kind: 'Warehouse', name: text(record(raw['origin'])['name']) },
    images: list(raw['images']).map((entry) => ({ ...entry, repoURL: text(entry['repoURL']) })),
    commits: list(raw['commits']).map((entry) => ({
      ...entry,
      repoURL: text(entry['repoURL']),
      id: text(entry['id']),
    })),
    charts: list(raw['charts']),
  };
}

function application(raw: Raw): KubernetesObject {
  const metadata = record(raw['metadata']);
  return {
    ...raw,
    apiVersion: text(raw['apiVersion']),
    kind: text(raw['kind']),
    metadata: { ...metadata, name: text(metadata['name']) },
  };
}

function warehouse(name: string, subscriptions: readonly Raw[]): Raw {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name, namespace: PROJECT },
    spec: { subscriptions },
  };
}

function image(repoURL: string): Raw {
  return { image: { repoURL } };
}
