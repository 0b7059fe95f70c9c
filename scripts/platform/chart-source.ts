import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ClusterError } from '../cluster/failure.ts';
import type { Helm } from '../cluster/helm.ts';
import type { Component } from './components.ts';
import type { Values } from './values.ts';

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

/** The chart's manifests with these values, without a cluster. */
export async function renderChart(options: ChartOptions, values: Values): Promise<string> {
  const { helm, component } = options;
  return helm.run(
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
