import { parseGoDuration } from '../../kargo/go-duration.ts';
import type { Bundle, BundleObject } from '../bundle.ts';
import { fields, items, shown, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { adviceOn, objectsOf } from '../lookup.ts';
import type { Check } from '../rule.ts';
import type { RuleName } from '../rule-names.ts';
import { isCronSchedule, isTimeZone } from '../schema-formats.ts';
import type { Path } from '../source-file.ts';

/** What Argo CD takes and then ignores, or reports only when it syncs. */
export const checkArgoCdTraps: Check = function* ({ bundle }) {
  const applications = objectsOf(bundle, 'argoproj.io', 'Application');
  const projects = objectsOf(bundle, 'argoproj.io', 'AppProject');
  for (const project of projects) yield* windows(project, applications);
  for (const application of applications) {
    yield* options(application, ['spec', 'syncPolicy', 'syncOptions']);
    yield* inProject(application, projects);
    yield* differences(bundle, application);
  }
  for (const object of bundle.objects) yield* annotation(object);
};

function* windows(project: BundleObject, applications: readonly BundleObject[]): Generator<Draft> {
  const path: Path = ['spec', 'syncWindows'];
  for (const [index, window] of items(valueAt(project.value, path)).map(fields).entries()) {
    const fault = (key: string, message: string, fix: string): Draft =>
      draft(
        'argocd/sync-window',
        project,
        [...path, index, key],
        `sync window of AppProject ${project.name}: ${message}`,
        fix,
      );
    const { kind, schedule, duration, timeZone } = window;
    if (kind !== 'allow' && kind !== 'deny') {
      yield fault(
        'kind',
        `kind ${shown(kind)} is neither allow nor deny: it is taken and denies nothing`,
        'write allow or deny',
      );
    }
    if (!isCronSchedule(text(schedule))) {
      yield fault(
        'schedule',
        `schedule ${shown(schedule)} is no cron schedule of five fields: every sync of its Applications is blocked`,
        'write minute, hour, day, month, weekday',
      );
    }
    const length = parseGoDuration(text(duration));
    if (typeof length === 'string' || length <= 0) {
      yield fault(
        'duration',
        `duration ${shown(duration)} is none: every sync of its Applications is blocked`,
        'write a Go duration such as 6h30m',
      );
    }
    if (timeZone !== undefined && timeZone !== '' && !isTimeZone(text(timeZone))) {
      yield fault(
        'timeZone',
        `there is no time zone ${shown(timeZone)}: it silently means UTC`,
        'write an IANA name such as America/New_York',
      );
    }
    const selectors = ['applications', 'namespaces', 'clusters'].filter(
      (key) => items(window[key]).length > 0,
    );
    if (selectors.length === 0) {
      yield fault(
        'kind',
        'it selects no applications, namespaces or clusters: it never matches',
        'add applications: [<name>]',
      );
    }
    for (const [position, pattern] of items(window['applications']).entries()) {
      const own = applications.filter(
        ({ value }) => valueAt(value, ['spec', 'project']) === project.name,
      );
      if (own.length === 0 || own.some(({ name }) => matches(text(pattern), name))) continue;
      yield {
        ...fault(
          'applications',
          `no Application of this project is called ${text(pattern)}`,
          adviceOn(text(pattern), own, 'Application'),
        ),
        at: project.at([...path, index, 'applications', position]),
      };
    }
  }
}

/** Names of options, with the values that mean something (Argo CD 3.5: docs/user-guide/sync-options.md). */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  ApplyOutOfSyncOnly: ['true', 'false'],
  ClientSideApplyMigration: ['true', 'false'],
  CreateNamespace: ['true', 'false'],
  Delete: ['true', 'false', 'confirm'],
  FailOnSharedResource: ['true', 'false'],
  Force: ['true', 'false'],
  Prune: ['true', 'false', 'confirm'],
  PruneLast: ['true', 'false'],
  PrunePropagationPolicy: ['foreground', 'background', 'orphan'],
  Replace: ['true', 'false'],
  RespectIgnoreDifferences: ['true', 'false'],
  ServerSideApply: ['true', 'false'],
  SkipDryRunOnMissingResource: ['true', 'false'],
  Validate: ['true', 'false'],
};

function* options(object: BundleObject, path: Path): Generator<Draft> {
  for (const [index, option] of items(valueAt(object.value, path)).entries()) {
    const fault = optionFault(text(option));
    if (fault !== null)
      yield draft(
        'argocd/sync-option',
        object,
        [...path, index],
        fault,
        `known: ${Object.keys(OPTIONS).join(', ')}`,
      );
  }
}

function* annotation(object: BundleObject): Generator<Draft> {
  const annotations: Path = ['metadata', 'annotations'];
  const of = (key: string): Path => [...annotations, `argocd.argoproj.io/${key}`];
  for (const option of text(valueAt(object.value, of('sync-options')))
    .split(',')
    .filter(Boolean)) {
    const fault = optionFault(option.trim());
    if (fault !== null)
      yield draft(
        'argocd/sync-option',
        object,
        of('sync-options'),
        fault,
        `known: ${Object.keys(OPTIONS).join(', ')}`,
      );
  }
  const wave = valueAt(object.value, of('sync-wave'));
  if (wave !== undefined && !/^-?\d+$/.test(text(wave))) {
    yield draft(
      'argocd/sync-option',
      object,
      of('sync-wave'),
      `sync wave ${shown(wave)} is no whole number: it counts as 0`,
      'write a whole number in quotes',
    );
  }
}

function optionFault(option: string): string | null {
  const [name = '', value] = option.split('=');
  const values = OPTIONS[name];
  if (values === undefined) return `Argo CD has no sync option ${name} and ignores it`;
  if (value !== undefined && values.includes(value)) return null;
  return `sync option ${name} takes ${values.join(' or ')}, not ${shown(value ?? '')}: it is ignored`;
}

function* inProject(
  application: BundleObject,
  projects: readonly BundleObject[],
): Generator<Draft> {
  const name = text(valueAt(application.value, ['spec', 'project']));
  // A repository without projects leaves them to others.
  if (name === '' || name === 'default' || projects.length === 0) return;
  const project = projects.find((one) => one.name === name);
  if (project === undefined) {
    yield draft(
      'argocd/unknown-project',
      application,
      ['spec', 'project'],
      `Application ${application.name} is of AppProject ${name}, which is not there: nothing is ever synced`,
      adviceOn(name, projects, 'AppProject'),
    );
    return;
  }
  const {
    server,
    namespace,
    name: cluster,
  } = fields(valueAt(application.value, ['spec', 'destination']));
  const allowed = items(valueAt(project.value, ['spec', 'destinations'])).map(fields);
  const fits = allowed.some(
    (one) =>
      matches(text(one['namespace']), text(namespace)) &&
      (cluster === undefined
        ? matches(text(one['server']) || '*', text(server))
        : matches(text(one['name']) || '*', text(cluster))),
  );
  if (!fits) {
    yield draft(
      'argocd/not-permitted',
      application,
      ['spec', 'destination', 'namespace'],
      `AppProject ${name} does not permit ${text(server) || text(cluster)}, namespace ${text(namespace)}: nothing is ever synced`,
      `permitted are the namespaces ${allowed.map((one) => text(one['namespace'])).join(', ')}`,
    );
  }
  const source = text(valueAt(application.value, ['spec', 'source', 'repoURL']));
  const repositories = items(valueAt(project.value, ['spec', 'sourceRepos'])).map(text);
  // What is no address at all has a finding of its own.
  if (/[:/]/.test(source) && !repositories.some((one) => matches(one, source))) {
    yield draft(
      'argocd/not-permitted',
      application,
      ['spec', 'source', 'repoURL'],
      `AppProject ${name} does not permit the repository ${source}: nothing is ever synced`,
      `permitted: ${repositories.join(', ')}`,
    );
  }
}

/** Where people may edit an object that is synced, the sync must be told twice (facts/observed.md). */
function* differences(bundle: Bundle, application: BundleObject): Generator<Draft> {
  const path: Path = ['spec', 'ignoreDifferences'];
  const ignored = items(valueAt(application.value, path)).map(fields);
  const policy = fields(valueAt(application.value, ['spec', 'syncPolicy']));
  if (
    ignored.length > 0 &&
    !items(policy['syncOptions']).includes('RespectIgnoreDifferences=true')
  ) {
    yield draft(
      'argocd/ignored-difference',
      application,
      path,
      `Application ${application.name} ignores differences in its status only: a sync still overwrites them`,
      'add RespectIgnoreDifferences=true to syncOptions',
    );
  }
  for (const [index, { kind, name, namespace }] of ignored.entries()) {
    const alike = bundle.objects.filter(
      (object) =>
        object.kind === kind && (namespace === undefined || object.namespace === namespace),
    );
    if (
      typeof name !== 'string' ||
      name === '' ||
      alike.length === 0 ||
      alike.some((object) => object.name === name)
    )
      continue;
    yield draft(
      'argocd/ignored-difference',
      application,
      [...path, index, 'name'],
      `Application ${application.name} ignores differences of ${text(kind)} ${name}, which is not there`,
      adviceOn(name, alike, text(kind)),
    );
  }
}

function matches(pattern: string, name: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(name);
}

function draft(
  rule: RuleName,
  object: BundleObject,
  path: Path,
  message: string,
  fix: string,
): Draft {
  return { rule, at: object.at(path), message, fix };
}
