import { isDeepStrictEqual } from 'node:util';
import { ClusterError } from '../cluster/failure.ts';
import type { Helm, Release } from '../cluster/helm.ts';
import type { StepOutcome } from '../cluster/steps.ts';
import { type ChartOptions, renderChart, source } from './chart-source.ts';
import type { Component } from './components.ts';
import { requireKnownValues } from './known-values.ts';

/** Put on every release that we make: only those are changed and uninstalled. */
export const RELEASE_LABEL = 'orderbooks-platform=managed';

/** Images of a cluster's first hour are pulled over slow lines. */
export const INSTALL_TIMEOUT_MS = 600_000;
const MARGIN_MS = 30_000;

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

/** The release that an object came with, which Helm notes on it; also of what outlived its release. */
export function releaseThatMade(object: unknown): string | undefined {
  return (object as { metadata?: { annotations?: Record<string, string> } } | null)?.metadata
    ?.annotations?.['meta.helm.sh/release-name'];
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
  await requireKnownValues(options);
  if (dryRun) {
    await renderChart(options, values);
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
