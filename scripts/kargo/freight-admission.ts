import { posix } from 'node:path';
import { makeFreight } from './freight.ts';
import { normalizeGitUrl } from './git-url.ts';
import type { Warehouse } from './objects.ts';
import type { Project } from './project.ts';
import { type FieldFault, invalidObject, type Refusal, refusal } from './refusal.ts';
import type { Freight } from './step.ts';

const WEBHOOK = 'freight.kargo.akuity.io';
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';

/**
 * Whether Kargo takes a Freight that somebody makes by hand: exactly one artifact per subscription of its Warehouse, no
 * content twice. The name is always the hash of the contents, whatever the caller wrote.
 */
export function admitFreight(
  project: Project,
  existing: readonly Freight[],
  freight: Freight,
): Refusal | { readonly allowed: true; readonly freight: Freight } {
  const { alias, origin, images, commits, charts } = freight;
  const named = {
    ...freight,
    name: makeFreight({ origin: origin.name, images, commits, charts }).name,
  };
  if (origin.name === '') {
    return invalidObject('Freight', named.name, [
      {
        path: 'origin.kind',
        type: 'Unsupported value',
        value: '',
        detail: 'supported values: "Warehouse"',
      },
    ]);
  }
  const warehouse = project.warehouses.get(origin.name);
  const faults: readonly FieldFault[] =
    warehouse === undefined
      ? [invalid('warehouse', origin.name, 'warehouse does not exist')]
      : artifactFaults(named, warehouse);
  const aliasTaken = existing.some((other) => alias !== undefined && other.alias === alias);
  const aliasFault = invalid(
    'alias',
    alias,
    `alias already used by another piece of Freight in namespace ${JSON.stringify(project.name)}`,
  );
  const all = [...(aliasTaken ? [aliasFault] : []), ...faults];
  if (all.length > 0) return invalidObject('Freight', named.name, all, WEBHOOK);
  if (alias !== undefined && !new RegExp(`^${LABEL_VALUE}$`).test(alias)) {
    return invalidObject('Freight', named.name, [
      invalid(
        'metadata.labels',
        alias,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " +
          "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for " +
          `validation is '${LABEL_VALUE}')`,
      ),
    ]);
  }
  if (existing.some(({ name }) => name === named.name)) {
    const message = `freights.kargo.akuity.io ${JSON.stringify(named.name)} already exists`;
    return refusal(409, 'AlreadyExists', message);
  }
  return { allowed: true, freight: named };
}

interface Subscription {
  readonly path: 'commits' | 'images' | 'charts';
  readonly url: string;
}

function artifactFaults(freight: Freight, warehouse: Warehouse): readonly FieldFault[] {
  const subscriptions = warehouse.spec.subscriptions.flatMap(({ git, image, chart }) => [
    ...(git === undefined ? [] : [commitOf(git.repoURL)]),
    ...(image === undefined ? [] : [imageOf(image.repoURL)]),
    ...(chart === undefined ? [] : [chartOf(chart.repoURL, chart.name ?? '')]),
  ]);
  const artifacts = [
    ...freight.commits.map((value) => ({ value, of: commitOf(value.repoURL), kind: 'Git' })),
    ...freight.images.map((value) => ({ value, of: imageOf(value.repoURL), kind: 'image' })),
    ...freight.charts.map((value) => ({
      value,
      of: chartOf(String(value['repoURL'] ?? ''), String(value['name'] ?? '')),
      kind: 'Helm chart',
    })),
  ];
  const name = JSON.stringify(warehouse.metadata.name);
  const unknown = artifacts
    .filter(({ of }) => !subscriptions.some((subscription) => same(subscription, of)))
    .map(({ value, of, kind }) => {
      const what = kind === 'Helm chart' ? kind : `${kind} repository`;
      return invalid(of.path, value, `no subscription found for ${what} in Warehouse ${name}`);
    });
  const counted = subscriptions.flatMap((subscription) => {
    const count = artifacts.filter(({ of }) => same(subscription, of)).length;
    if (count === 1) return [];
    const found = count === 0 ? 'no artifact' : 'multiple artifacts';
    return [
      invalid(
        subscription.path,
        null,
        `${found} found for subscription ${JSON.stringify(subscription.url)} of Warehouse ${name}`,
      ),
    ];
  });
  return [...unknown, ...counted];
}

function commitOf(url: string): Subscription {
  return { path: 'commits', url: normalizeGitUrl(url) };
}

function imageOf(url: string): Subscription {
  return { path: 'images', url };
}

function chartOf(url: string, name: string): Subscription {
  return { path: 'charts', url: posix.join(url.replace(/^oci:\/\//, ''), name) };
}

function same(left: Subscription, right: Subscription): boolean {
  return left.path === right.path && left.url === right.url;
}

function invalid(path: string, value: unknown, detail: string): FieldFault {
  return { path, type: 'Invalid value', value, detail };
}
