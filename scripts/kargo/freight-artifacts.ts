import { normalizeGitUrl } from './git-url.ts';
import type { FreightRequest, Warehouse } from './objects.ts';
import type { Freight, FreightCommit, FreightImage } from './step.ts';

/** Where the artifacts of a Promotion's Freight are looked for. */
export interface FreightSources {
  readonly project: string;
  readonly warehouses: ReadonlyMap<string, Warehouse>;
  readonly requests: readonly FreightRequest[];
  /** Freight of every origin that the Stage will run. */
  readonly freight: readonly Freight[];
}

/** Why an artifact cannot be named; the text is Kargo's. */
export interface ArtifactProblem {
  readonly problem: string;
}

type Found<T> = T | null | ArtifactProblem;

/** The commit of a repository, `null` without one. URLs are compared without `.git` and case. */
export function findCommit(
  sources: FreightSources,
  repoURL: string,
  origin: string | undefined,
): Found<FreightCommit> {
  const url = normalizeGitUrl(repoURL);
  const from = originOf(
    sources,
    origin,
    (warehouse) =>
      warehouse.spec.subscriptions.filter(
        ({ git }) => git !== undefined && normalizeGitUrl(git.repoURL) === url,
      ).length,
    `multiple requested Freight could potentially provide a commit from repo ${url}; please update promotion steps to disambiguate`,
  );
  if (from === null || typeof from === 'object') return from;
  return (
    freightOf(sources, from)
      .flatMap(({ commits }) => commits)
      .find((commit) => normalizeGitUrl(commit.repoURL) === url) ?? null
  );
}

/** The image of a repository, `null` without one. URLs are compared byte for byte. */
export function findImage(
  sources: FreightSources,
  repoURL: string,
  origin: string | undefined,
): Found<FreightImage> {
  const from = originOf(
    sources,
    origin,
    (warehouse) =>
      warehouse.spec.subscriptions.filter(({ image }) => image?.repoURL === repoURL).length,
    `multiple requested Freight could potentially provide a container image from repository ${repoURL}: please provide a Freight origin to disambiguate`,
  );
  if (from === null || typeof from === 'object') return from;
  return (
    freightOf(sources, from)
      .flatMap(({ images }) => images)
      .find((image) => image.repoURL === repoURL) ?? null
  );
}

/** The chart of a repository. Unlike the others, a chart that no origin could hold is a problem, not `null`. */
export function findChart(
  sources: FreightSources,
  repoURL: string,
  name: string,
  origin: string | undefined,
): Found<Readonly<Record<string, unknown>>> {
  const from = originOf(
    sources,
    origin,
    (warehouse) =>
      warehouse.spec.subscriptions.filter(
        ({ chart }) => chart?.repoURL === repoURL && (chart.name ?? '') === name,
      ).length,
    `multiple requested Freight could potentially provide a chart from repository ${repoURL}: please provide a Freight origin to disambiguate`,
  );
  if (from === null) {
    const chart = name === '' ? 'chart' : `chart ${JSON.stringify(name)}`;
    return { problem: `${chart} from repo ${repoURL} not found in referenced Freight` };
  }
  if (typeof from === 'object') return from;
  return (
    freightOf(sources, from)
      .flatMap(({ charts }) => charts)
      .find((chart) => chart['repoURL'] === repoURL && (chart['name'] ?? '') === name) ?? null
  );
}

/** An artifact of a generic subscription, by the subscription's name. */
export function findArtifact(
  sources: FreightSources,
  subscription: string,
  origin: string | undefined,
): Found<Readonly<Record<string, unknown>>> {
  const from = originOf(
    sources,
    origin,
    (warehouse) =>
      warehouse.spec.subscriptions.filter((entry) =>
        Object.values(entry).some((value) => isNamed(value, subscription)),
      ).length,
    `multiple requested Freight could potentially provide a ${JSON.stringify(subscription)} artifact; please update promotion steps to disambiguate`,
  );
  if (from === null || typeof from === 'object') return from;
  return (
    freightOf(sources, from)
      .flatMap(({ artifacts = [] }) => artifacts)
      .find((artifact) => artifact['subscriptionName'] === subscription) ?? null
  );
}

/** The one origin whose Warehouse could provide it; more than one is a problem, none is `null`. */
function originOf(
  sources: FreightSources,
  given: string | undefined,
  subscriptions: (warehouse: Warehouse) => number,
  ambiguous: string,
): string | null | ArtifactProblem {
  if (given !== undefined) return given;
  let found: string | null = null;
  for (const { origin } of sources.requests) {
    const warehouse = sources.warehouses.get(origin.name);
    if (warehouse === undefined) {
      return {
        problem: `Warehouse ${JSON.stringify(origin.name)} not found in namespace ${JSON.stringify(sources.project)}`,
      };
    }
    const count = subscriptions(warehouse);
    if (count > 1 || (count === 1 && found !== null)) return { problem: ambiguous };
    if (count === 1) found = origin.name;
  }
  return found;
}

function freightOf(sources: FreightSources, origin: string): readonly Freight[] {
  return sources.freight.filter((freight) => freight.origin.name === origin);
}

function isNamed(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && value.name === name;
}
