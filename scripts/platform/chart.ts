import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ClusterError } from '../cluster/failure.ts';
import type { Helm, Release } from '../cluster/helm.ts';
import type { StepOutcome } from '../cluster/steps.ts';
import type { Component } from './components.ts';
import type { Values } from './values.ts';

/** Put on every release that we make: only those are changed and uninstalled. */
export const RELEASE_LABEL = 'orderbooks-platform=managed';

/** Images of a cluster's first hour are pulled over slow lines. */
export const INSTALL_TIMEOUT_MS = 600_000;
const MARGIN_MS = 30_000;
/** Charts ask for a version when they are rendered without a cluster: the oldest that preflight lets pass. */
const TEMPLATE_KUBERNETES = '1.30.0';

export interface ChartOptions {
  readonly helm: Helm;
  readonly component: Component;
  readonly values: Values;
  /** A folder of `<chart>-<version>.tgz`: nothing is fetched. */
  readonly charts?: string;
  readonly dryRun: boolean;
}

/** The release of a component, whoever made it. */
export async function releaseOf(helm: Helm, component: Component): Promise<Release | null> {
  const releases = await helm.releases(component.namespace);
  return releases.find(({ name }) => name === component.release) ?? null;
}

/** Whether we made the release: others' releases are never touched. */
export async function isOurs(helm: Helm, component: Component): Promise<boolean> {
  const text = await helm.run([
    'list',
    `--namespace=${component.namespace}`,
    '--all',
    `--selector=${RELEASE_LABEL}`,
    '--short',
  ]);
  return text.split('\n').includes(component.release);
}

/** Installs or upgrades one chart, or finds that nothing is to be done. A release that failed or hangs is repaired. */
export async function installChart(options: ChartOptions): Promise<StepOutcome> {
  const { helm, component, values, dryRun } = options;
  const wanted = `${component.chart}-${component.version}`;
  const present = await releaseOf(helm, component);
  if (present !== null && !(await isOurs(helm, component))) {
    throw new ClusterError(
      'NOT_OURS',
      `release ${component.release} in namespace ${component.namespace} was made by somebody else; keep it with --existing ${component.name}`,
    );
  }
  if (present?.status.startsWith('pending') === true) {
    throw new ClusterError(
      'RELEASE_PENDING',
      `release ${component.release} is ${present.status}: another run works on it, or one was killed. If none runs: helm rollback ${component.release} -n ${component.namespace}, or helm uninstall if there is no earlier revision; then run again`,
    );
  }
  const same =
    present?.status === 'deployed' &&
    present.chart === wanted &&
    isDeepStrictEqual((await helm.values(component.release, component.namespace)) ?? {}, values);
  if (same) return { state: 'unchanged', detail: `${wanted} is deployed with these values` };
  const before = present === null ? '' : ` (was ${present.chart}, ${present.status})`;
  if (dryRun) {
    await rendered(options);
    return {
      state: 'would change',
      detail: `${present === null ? 'install' : 'upgrade to'} ${wanted} in ${component.namespace}${before}`,
    };
  }
  await helm.run(
    [
      'upgrade',
      component.release,
      ...source(options),
      '--install',
      `--namespace=${component.namespace}`,
      '--create-namespace',
      `--labels=${RELEASE_LABEL}`,
      '--values=-',
      '--wait',
      `--timeout=${(INSTALL_TIMEOUT_MS - MARGIN_MS) / 1000}s`,
    ],
    JSON.stringify(values),
    INSTALL_TIMEOUT_MS,
  );
  return { state: 'changed', detail: `${wanted} is deployed in ${component.namespace}${before}` };
}

/** Where helm takes the chart from. */
export function source({
  component,
  charts,
}: Pick<ChartOptions, 'component' | 'charts'>): string[] {
  const { chart, version, repository } = component;
  if (charts !== undefined) return [chartFile(charts, component)];
  return repository.startsWith('oci://')
    ? [`${repository}/${chart}`, `--version=${version}`]
    : [chart, `--repo=${repository}`, `--version=${version}`];
}

/** The chart in `--charts DIR`. */
export function chartFile(charts: string, { chart, version }: Component): string {
  const file = resolve(join(charts, `${chart}-${version}.tgz`));
  if (existsSync(file)) return file;
  throw new ClusterError(
    'CHART_MISSING',
    `${file} is not there; fetch it where there is internet: helm pull ${chart} --version ${version}`,
  );
}

/** Proves that the chart takes our values, without a cluster. */
async function rendered(options: ChartOptions): Promise<void> {
  const { helm, component, values } = options;
  await helm.run(
    [
      'template',
      component.release,
      ...source(options),
      `--namespace=${component.namespace}`,
      '--include-crds',
      `--kube-version=${TEMPLATE_KUBERNETES}`,
      '--values=-',
    ],
    JSON.stringify(values),
  );
}
