import { OrderbooksError } from '../../../runtime/errors.ts';
import { normalizeGitUrl } from '../git-url.ts';
import { type ApplicationSource, type ApplicationView, fields } from './argocd-application.ts';
import type { ApplicationUpdate, SourceUpdate } from './config.ts';

/**
 * The revision that each source of the Application must be seen at, `""` where nothing is asked. The URL must be
 * equal byte for byte here, although the update itself forgives `.git` (facts/kargo.md §7).
 */
export function desiredRevisions(
  update: ApplicationUpdate,
  application: ApplicationView,
): readonly string[] {
  return application.sources.map((source) => {
    const match = update.sources?.find(
      ({ repoURL, chart }) => repoURL === source.repoURL && (chart ?? '') === (source.chart ?? ''),
    );
    return match?.desiredRevision ?? '';
  });
}

/** The Application's sources with the updates made. Throws if an update fits no source. */
export function desiredSources(
  update: ApplicationUpdate,
  application: ApplicationView,
): readonly ApplicationSource[] {
  const revisions = desiredRevisions(update, application);
  const sources = [...application.sources];
  for (const change of update.sources ?? []) {
    const index = sources.findIndex((source) => fits(change, source));
    const source = sources[index];
    if (source === undefined) throw unmatched(change, application);
    sources[index] = changed(source, change, revisions[index] ?? '');
  }
  return sources;
}

function fits(change: SourceUpdate, source: ApplicationSource): boolean {
  if (change.chart !== undefined || (source.chart ?? '') !== '') {
    return change.repoURL === source.repoURL && (change.chart ?? '') === (source.chart ?? '');
  }
  return normalizeGitUrl(change.repoURL) === normalizeGitUrl(source.repoURL);
}

function changed(
  source: ApplicationSource,
  change: SourceUpdate,
  revision: string,
): ApplicationSource {
  const follows = change.updateTargetRevision === true && revision !== '';
  const images = change.kustomize?.images ?? [];
  const parameters = change.helm?.images ?? [];
  return {
    ...source,
    ...(follows ? { targetRevision: revision } : {}),
    ...(images.length > 0
      ? { kustomize: { ...fields(source['kustomize']), images: images.map(kustomizeImage) } }
      : {}),
    ...(parameters.length > 0 ? { helm: withParameters(source, parameters) } : {}),
  };
}

type ImageChange = NonNullable<NonNullable<SourceUpdate['kustomize']>['images']>[number];

function kustomizeImage({ repoURL, newName, tag, digest }: ImageChange): string {
  const name = newName === undefined ? repoURL : `${repoURL}=${newName}`;
  return digest ? `${name}@${digest}` : `${name}:${tag ?? ''}`;
}

function withParameters(
  source: ApplicationSource,
  changes: readonly { readonly key: string; readonly value: string }[],
): Readonly<Record<string, unknown>> {
  const helm = fields(source['helm']);
  const existing = Array.isArray(helm['parameters']) ? helm['parameters'] : [];
  const parameters = new Map<string, unknown>(
    existing.map((parameter: { readonly name: string }) => [parameter.name, parameter]),
  );
  for (const { key, value } of changes) parameters.set(key, { name: key, value });
  return { ...helm, parameters: [...parameters.values()] };
}

function unmatched(change: SourceUpdate, application: ApplicationView): OrderbooksError {
  const chart = change.chart === undefined ? '' : ` and chart ${JSON.stringify(change.chart)}`;
  return new OrderbooksError(
    'ARGOCD_SOURCE_UNMATCHED',
    `no source of Argo CD Application ${quoted(application)} matched update for source with repoURL ${change.repoURL}${chart}`,
  );
}

/** `"name" in namespace "namespace"`, as Kargo's messages name an Application. */
export function quoted({ name, namespace }: { name: string; namespace: string }): string {
  return `${JSON.stringify(name)} in namespace ${JSON.stringify(namespace)}`;
}
