import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { normalizeGitUrl } from './git-url.ts';
import type { Freight } from './step.ts';

/** The parts of a Freight that a Warehouse or a person gives; its name follows from them. */
export interface FreightContents {
  readonly alias?: string;
  /** Name of the Warehouse. */
  readonly origin: string;
  readonly images?: Freight['images'];
  readonly commits?: Freight['commits'];
  readonly charts?: Freight['charts'];
}

/** A Freight with the name that Kargo gives it: a SHA-1 of its origin and contents. */
export function makeFreight(contents: FreightContents): Freight {
  const { origin, images = [], commits = [], charts = [] } = contents;
  const parts = [
    ...commits.map(({ repoURL, tag, id }) =>
      [normalizeGitUrl(repoURL), ...(tag === undefined || tag === '' ? [] : [tag]), id].join(':'),
    ),
    ...images.map(({ repoURL, tag, digest }) => `${repoURL}:${tag ?? ''}@${digest ?? ''}`),
    ...charts.map((chart) => {
      const repository = String(chart['repoURL'] ?? '').replace(/^oci:\/\//, '');
      return `${posix.join(repository, String(chart['name'] ?? ''))}:${String(chart['version'] ?? '')}`;
    }),
  ].sort();
  const name = createHash('sha1')
    .update(`Warehouse/${origin}:${parts.join('|')}`)
    .digest('hex');
  return {
    name,
    ...(contents.alias === undefined ? {} : { alias: contents.alias }),
    origin: { kind: 'Warehouse', name: origin },
    images,
    commits,
    charts,
  };
}
