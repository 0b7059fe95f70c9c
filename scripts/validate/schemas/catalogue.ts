import { z } from 'zod';
import { argocdKinds } from './argocd-kinds.ts';
import { kargoKinds } from './kargo-kinds.ts';
import { kubernetesDefinitions } from './kubernetes-definitions.ts';
import { OBJECT_NAMES, OTHER_NAMES } from './kubernetes-forms.ts';
import { type KubernetesKind, readKubernetesTypes } from './kubernetes-types.ts';
import { ownFiles } from './own-files.ts';
import type { Schema } from './parts.ts';
import { rolloutsKinds } from './rollouts-kinds.ts';
import { fileSteps } from './steps-files.ts';
import { gitSteps } from './steps-git.ts';
import { serviceSteps } from './steps-services.ts';
import { subscriptions } from './subscriptions.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** Every file of `schemas/`, by its path there. */
export async function catalogue(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, unknown>();
  const kinds: Record<string, KindEntry> = {};
  for (const [kind, schema] of customKinds()) {
    const path = pathOfKind(kind.apiVersion, kind.kind);
    files.set(path, { ...schema, allOf: [nameOf(kind.kind)] });
    kinds[`${kind.apiVersion}/${kind.kind}`] = { schema: path };
  }
  const types = await readKubernetesTypes();
  for (const kind of types.kinds) {
    const path = pathOfKind(kind.apiVersion, kind.kind);
    files.set(path, kubernetesKind(kind));
    kinds[`${kind.apiVersion}/${kind.kind}`] = { schema: path, namespaced: kind.namespaced };
  }
  files.set('kubernetes.json', {
    $schema: DRAFT,
    title: `Types of Kubernetes ${types.release}`,
    definitions: kubernetesDefinitions(types),
  });
  for (const [step, schema] of Object.entries({ ...fileSteps, ...gitSteps, ...serviceSteps })) {
    files.set(`steps/${step}.json`, jsonSchema(schema, `config of promotion step ${step}`));
  }
  for (const [name, schema] of Object.entries(subscriptions)) {
    files.set(`subscriptions/${name}.json`, jsonSchema(schema, `${name} subscription`));
  }
  for (const [name, [schema, description]] of Object.entries(ownFiles)) {
    files.set(`orderbooks/${name}.json`, { ...jsonSchema(schema, name), description });
  }
  files.set('index.json', { kinds: sorted(kinds) });
  return new Map(
    [...files]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([path, schema]) => [path, `${asText(schema)}\n`]),
  );
}

interface KindEntry {
  readonly schema: string;
  readonly namespaced?: boolean;
}

/** Named as kubeconform looks for them: kind, first word of the group, version. */
function pathOfKind(apiVersion: string, kind: string): string {
  const [group = '', version] = apiVersion.split('/');
  const suffix = version === undefined ? group : `${group.split('.')[0]}-${version}`;
  return `kinds/${kind.toLowerCase()}-${suffix}.json`;
}

function* customKinds(): Generator<
  readonly [{ readonly apiVersion: string; readonly kind: string }, JsonSchema]
> {
  for (const schema of [...kargoKinds, ...argocdKinds, ...rolloutsKinds]) {
    const made = jsonSchema(schema);
    const { apiVersion, kind } = made['properties'] as Record<string, { const: string }>;
    if (apiVersion === undefined || kind === undefined) continue;
    yield [{ apiVersion: apiVersion.const, kind: kind.const }, made];
  }
}

function kubernetesKind({ apiVersion, kind, type }: KubernetesKind): JsonSchema {
  return {
    $schema: DRAFT,
    title: kind,
    type: 'object',
    required: ['apiVersion', 'kind', 'metadata'],
    properties: { apiVersion: { const: apiVersion }, kind: { const: kind } },
    allOf: [{ $ref: `../kubernetes.json#/definitions/${type}` }, nameOf(kind)],
  };
}

/** Every object has a name, or lets the API server make one. */
function nameOf(kind: string): JsonSchema {
  return {
    properties: {
      metadata: {
        anyOf: [{ required: ['name'] }, { required: ['generateName'] }],
        'x-expected': 'a name',
        properties: { name: OBJECT_NAMES[kind] ?? OTHER_NAMES },
      },
    },
  };
}

type JsonSchema = Readonly<Record<string, unknown>>;

function jsonSchema(schema: Schema, title?: string): JsonSchema {
  const made = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: written }) => {
      // Said of each map in the form that the rest of its keywords have; it adds nothing.
      const names = written.propertyNames;
      if (typeof names === 'object' && JSON.stringify(names) === '{"type":"string"}') {
        delete written.propertyNames;
      }
    },
  });
  return title === undefined ? made : { title, ...made };
}

function sorted<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(entries).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** Indented by one; what fits on a line stands on one, which keeps changes readable and the files small. */
function asText(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value);
  if (flat.length + indent.length <= LINE || typeof value !== 'object' || value === null) {
    return flat;
  }
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    const entries = value.map((entry) => `${inner}${asText(entry, inner)}`);
    return `[\n${entries.join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .map(([key, entry]) => `${inner}${JSON.stringify(key)}: ${asText(entry, inner)}`);
  return `{\n${entries.join(',\n')}\n${indent}}`;
}

const LINE = 140;
