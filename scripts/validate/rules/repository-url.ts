import { normalizeGitUrl } from '../../kargo/git-url.ts';
import { type ApplicationUpdate, applicationUpdates } from '../application-updates.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { type KnownText, knownText } from '../known-text.ts';
import { objectsOf, together } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { updatedApplications } from '../updated-applications.ts';
import { KARGO } from '../written-steps.ts';

/**
 * Kargo forgives `.git` and case when it looks for a source, but compares bytes when it looks for the revision that
 * source must be at: a URL that is nearly the same syncs, and nothing proves what (facts/observed.md, 13).
 */
export const checkRepositoryUrls: Check = function* ({ bundle }) {
  for (const update of applicationUpdates(bundle)) {
    const outcome = updatedApplications(bundle, update);
    if (outcome.result !== 'found') continue;
    const subscribed = subscribedUrls(bundle, update.stage);
    for (const wanted of wantedUrls(update)) {
      yield* unlike(wanted, subscribed, `what Stage ${update.stage.name} has synced`);
      for (const application of outcome.applications) {
        yield* sourceDrafts(application, wanted, subscribed);
      }
    }
  }
};

interface Url {
  readonly value: string;
  /** Whose it is, for messages. */
  readonly owner: string;
}

function* sourceDrafts(
  application: BundleObject,
  wanted: KnownText,
  subscribed: readonly Url[],
): Generator<Draft> {
  const sources = gitSources(application);
  if (sources.length === 0) return;
  const near = sources.filter(({ value }) => sameRepository(value, wanted.value));
  for (const source of near) {
    const others = [...subscribed, { value: wanted.value, owner: 'the argocd-update step' }];
    yield* unlike(source, others, `the source of Application ${application.name}`);
  }
  const [first] = sources;
  if (near.length > 0 || first === undefined) return;
  yield {
    rule: 'argocd/repo-url',
    at: first.at,
    message: `no source of Application ${application.name} has the repository that its promotions sync, ${wanted.value}, but ${sources.map(({ value }) => value).join(', ')}: they error after the push`,
    fix: `write ${wanted.value}`,
  };
}

function* unlike(url: KnownText, others: readonly Url[], what: string): Generator<Draft> {
  const other = others.find(({ value }) => value !== url.value && sameRepository(value, url.value));
  if (other === undefined) return;
  yield {
    rule: 'argocd/repo-url',
    at: url.at,
    message: `${what} is ${url.value}${url.asWritten ? '' : ' once rendered'}, but ${other.owner} has ${other.value}: Kargo then does not check which revision was synced`,
    fix: url.asWritten
      ? `write ${other.value}, byte for byte`
      : `have the kustomization write ${other.value}, byte for byte`,
  };
}

function wantedUrls({ object, path, scope }: ApplicationUpdate): readonly KnownText[] {
  const sources: Path = [...path, 'sources'];
  return items(valueAt(object.value, sources)).flatMap((source, index) => {
    if (fields(source)['chart'] !== undefined) return [];
    const url = knownText(object, [...sources, index, 'repoURL'], scope);
    return url === null ? [] : [url];
  });
}

function gitSources(application: BundleObject): readonly KnownText[] {
  const several = items(valueAt(application.value, ['spec', 'sources']));
  const paths: readonly Path[] =
    several.length > 0
      ? several.map((_, index) => ['spec', 'sources', index])
      : [['spec', 'source']];
  return paths.flatMap((path) => {
    const { repoURL, chart } = fields(valueAt(application.value, path));
    if (typeof repoURL !== 'string' || text(chart) !== '') return [];
    const at: Path = [...path, 'repoURL'];
    return [{ value: repoURL, at: application.at(at), asWritten: application.isAsWritten(at) }];
  });
}

/** Git repositories that the Warehouses of a Stage's Freight subscribe to. */
function subscribedUrls(bundle: Bundle, stage: BundleObject): readonly Url[] {
  const requested = items(valueAt(stage.value, ['spec', 'requestedFreight'])).map((request) =>
    valueAt(request, ['origin', 'name']),
  );
  return objectsOf(bundle, KARGO, 'Warehouse')
    .filter((warehouse) => requested.includes(warehouse.name) && together(stage, warehouse))
    .flatMap(({ name, value }) =>
      items(valueAt(value, ['spec', 'subscriptions'])).flatMap((subscription) => {
        const url = valueAt(subscription, ['git', 'repoURL']);
        return typeof url === 'string' ? [{ value: url, owner: `Warehouse ${name}` }] : [];
      }),
    );
}

function sameRepository(left: string, right: string): boolean {
  return normalizeGitUrl(left) === normalizeGitUrl(right);
}
