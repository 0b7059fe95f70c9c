import { isDeepStrictEqual } from 'node:util';
import { OrderbooksError } from '../../runtime/errors.ts';
import { noteChange } from '../cluster/changes.ts';
import { ClusterError } from '../cluster/failure.ts';
import type { Helm, Release } from '../cluster/helm.ts';
import type { StepOutcome } from '../cluster/steps.ts';
import { type ChartOptions, renderChart, source } from './chart-source.ts';
import type { Component } from './components.ts';
import { requireKnownValues } from './known-values.ts';

/** Put on every release that we make: only those are changed and uninstalled. */
export const RELEASE_LABEL = 'orderbooks-platform=managed';

/** Helm gives up before we end it, so that it can leave the release as one that failed. */
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

export interface InstallChartOptions extends ChartOptions {
  /** Until everything that the chart brings is ready. */
  readonly timeoutMs: number;
}

/** Installs or upgrades one chart, or finds that nothing is to be done. A release that failed or hangs is repaired. */
export async function installChart(options: InstallChartOptions): Promise<StepOutcome> {
  const { helm, component, values, dryRun, timeoutMs } = options;
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
      `release ${component.release} is ${present.status}: another run works on it, or one was killed. ${whatToDo(component)}`,
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
  await changeRelease(helm, component, present, () =>
    helm.run(
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
        `--timeout=${helmSeconds(timeoutMs)}s`,
      ],
      JSON.stringify(values),
      timeoutMs,
    ),
  );
  return { state: 'changed', detail: `${wanted} is deployed in ${component.namespace}${before}` };
}

/** Helm's own time-out for something that is ended after `timeoutMs`. */
export function helmSeconds(timeoutMs: number): number {
  return Math.max(1, Math.round((timeoutMs - Math.min(MARGIN_MS, timeoutMs / 2)) / 1000));
}

/**
 * Runs what changes a release. Where it fails or is ended, the error says in which state it left the release, which was
 * `before` until then.
 */
export async function changeRelease(
  helm: Helm,
  component: Component,
  before: Release | null,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    const left = await leftBehind(helm.regardless(), component, before);
    throw new ClusterError(error.code, `${error.message} ${left}`, {
      cause: error,
      outcomeUnknown: error instanceof ClusterError && error.outcomeUnknown,
    });
  }
}

async function leftBehind(
  helm: Helm,
  component: Component,
  before: Release | null,
): Promise<string> {
  const title = `release ${component.namespace}/${component.release}`;
  let after: Release | null;
  try {
    after = await releaseOf(helm, component);
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    return `How it left ${title} could not be asked (${error.code}): helm list --all -n ${component.namespace} shows it.`;
  }
  if (isDeepStrictEqual(after, before)) {
    return `The ${title} is as before: ${after === null ? 'not there' : `${after.chart}, ${after.status}`}.`;
  }
  noteChange({ object: title, change: after === null ? 'removed' : `is ${after.status}` });
  if (after === null) return `The ${title} is gone.`;
  const stuck = after.status.startsWith('pending');
  return `The ${title} is now ${after.status} (${after.chart}). ${stuck ? whatToDo(component) : 'Running again repairs it.'}`;
}

function whatToDo({ release, namespace }: Component): string {
  return `If none runs: helm rollback ${release} -n ${namespace}, or helm uninstall if there is no earlier revision; then run again.`;
}
