import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fields, text } from '../../../scripts/validate/fields.ts';
import { schemaFaults } from '../../../scripts/validate/schema-faults.ts';
import { knownKinds } from '../../../scripts/validate/schema-store.ts';
import { parseSource } from '../../../scripts/validate/source-file.ts';
import { describeWithShared } from '../../shared.ts';
import { changesOf, documents, type Place } from './schema-documents.ts';
import { type Upstream, upstreamConfigs, upstreamKinds } from './upstream.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Each with all its one-place changes. */
const DOCUMENTS = 8;
/** How many are made at a time, and how often, until enough are valid: few are where patterns are strict. */
const BATCH = 24;
const BATCHES = 25;
const SEED = 5;
/** ApplicationSet has thousands of places to change. */
const LIMIT_MS = 120_000;

/** Why a verdict differs, by where it does: the place of our fault, or of the change that we let through. */
interface Explained {
  readonly why: string;
  readonly ours: 'stricter' | 'looser';
  readonly at: RegExp;
}

const EXPLAINED: readonly Explained[] = [
  {
    why: 'the CRD leaves subscriptions open; Kargo has schemas of its own for them, which ours follow',
    ours: 'stricter',
    at: /^Warehouse\.spec\.subscriptions\b/,
  },
  {
    why: 'the pods of a Job are judged by the types of Kubernetes, with names and quantities',
    ours: 'stricter',
    at: /\.provider\.job\.spec\b/,
  },
  {
    why: 'selectors of labels have the syntax that the API server demands when they are used',
    ours: 'stricter',
    at: /\b(matchExpressions|matchLabels)\b/,
  },
  {
    why: 'metadata is judged by the type of Kubernetes; a CRD only says that it is a map',
    ours: 'stricter',
    at: /^\w+\.(metadata|apiVersion|kind)\b/,
  },
  {
    why: 'a map is not less than its keys: a selector that is no list of conditions is judged once',
    ours: 'looser',
    at: /\b(matchExpressions|matchLabels)\b/,
  },
];

let read: readonly Upstream[] | undefined;

/** Read once: the definition of ApplicationSet alone has 1.4 MB. */
function kinds(): readonly Upstream[] {
  read ??= upstreamKinds();
  return read;
}

describeWithShared('our schemas and those of the projects', 'upstream', () => {
  it.each(upstreamConfigs())('agree on configurations: $name', (upstream) => {
    expect(disagreements(upstream)).toEqual([]);
  });

  it.each(kinds())('agree on generated objects: $name', { timeout: LIMIT_MS }, (upstream) => {
    expect(disagreements(upstream)).toEqual([]);
  });

  it('agree on the bundle and on every invalid tree', () => {
    const byKind = new Map(kinds().map((upstream) => [upstream.ours, upstream]));
    const compared: string[] = [];
    const differing: string[] = [];
    for (const file of manifests()) {
      for (const { value } of parseSource(file, readFileSync(`${ROOT}${file}`, 'utf8')).documents) {
        const key = `${text(fields(value)['apiVersion'])}/${text(fields(value)['kind'])}`;
        const upstream = byKind.get(knownKinds().get(key)?.schema ?? '');
        if (upstream === undefined) continue;
        compared.push(file);
        const difference = compare(upstream, value, []);
        if (difference !== null) differing.push(`${file}: ${difference}`);
      }
    }
    expect(compared.length).toBeGreaterThan(60);
    expect(differing).toEqual([]);
  });

  it('has a schema of every kind and step that the projects have', () => {
    const ours = new Set([...knownKinds().values()].map(({ schema }) => schema));
    expect(kinds().filter(({ ours: path }) => !ours.has(path))).toEqual([]);
    expect(upstreamConfigs().length).toBe(37);
  });
});

/** Documents, valid ones and all that differ from them in one place, on which the verdicts differ without a reason. */
function disagreements(upstream: Upstream): readonly string[] {
  const found = new Set<string>();
  const samples: unknown[] = [];
  for (let batch = 0; batch < BATCHES && samples.length < DOCUMENTS; batch++) {
    const made = fc.sample(documents(upstream.schema), { numRuns: BATCH, seed: SEED + batch });
    samples.push(...made.filter(upstream.isValid));
  }
  expect(samples.length).toBeGreaterThan(0);
  for (const document of samples.slice(0, DOCUMENTS)) {
    const difference = compare(upstream, document, []);
    if (difference !== null) found.add(difference);
    for (const { at, what, document: changed } of changesOf(document)) {
      const other = compare(upstream, changed, at);
      if (other !== null) found.add(`${what}: ${other}`);
    }
  }
  return [...found].toSorted();
}

function compare(upstream: Upstream, value: unknown, changed: Place): string | null {
  const faults = schemaFaults(upstream.ours, value);
  const valid = upstream.isValid(value);
  if (valid === (faults.length === 0)) return null;
  const places = valid ? faults.map(({ path }) => path) : [changed];
  const direction = valid ? 'stricter' : 'looser';
  const unexplained = places
    .map((path) => [upstream.name, ...path].join('.'))
    .filter((place) => !EXPLAINED.some(({ ours, at }) => ours === direction && at.test(place)));
  if (unexplained.length === 0) return null;
  const place = (unexplained[0] ?? '').replaceAll(/\.\d+/g, '[]');
  return `ours is ${direction} at ${place}: ${faults[0]?.problem ?? 'accepted'}`;
}

function manifests(): readonly string[] {
  return ['gitops', 'kargo', 'argocd', 'test/invalid'].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.ya?ml$/.test(path))
      .map((path) => `${folder}/${path}`),
  );
}
