import { z } from 'zod';
import { OrderbooksError } from '../../runtime/errors.ts';
import type { Helm } from '../cluster/helm.ts';
import type { Kubectl } from '../cluster/kubectl.ts';
import { applications } from './bundle.ts';
import { isOurs, releaseOf, releaseThatMade } from './chart.ts';
import type { Chosen, Component } from './components.ts';
import { forgejoRunnerStatus } from './forgejo-runner.ts';

export interface ComponentStatus {
  readonly name: string;
  /** `other version`: deployed, but not what is pinned. `foreign`: there, but not by a release of ours. */
  readonly state:
    | 'deployed'
    | 'other version'
    | 'broken'
    | 'not ready'
    | 'foreign'
    | 'absent'
    | 'unknown';
  readonly detail: string;
}

export interface PlatformStatus {
  readonly components: readonly ComponentStatus[];
  readonly applications: readonly string[];
  /** Whether everything that is not optional is there and well. */
  readonly good: boolean;
  /** Whether nothing is known to be wrong, and only not all of it could be seen. */
  readonly unseen: boolean;
}

const deployment = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ replicas: z.number().default(1) }),
  status: z.object({ readyReplicas: z.number().default(0) }),
});

/** What is there; what cannot be seen is `unknown` with the reason, never left out. */
export async function platformStatus(
  kubectl: Kubectl,
  helm: Helm,
  chosen: readonly Chosen[],
): Promise<PlatformStatus> {
  const components: ComponentStatus[] = [];
  for (const { component } of chosen) {
    components.push(await seen(component.name, () => statusOf(kubectl, helm, component)));
  }
  const runner: ComponentStatus[] = [];
  const looked = await seen('forgejo-runner', async () => {
    const found = await forgejoRunnerStatus(kubectl);
    if (found !== null) runner.push(found);
    return { name: 'forgejo-runner', state: 'absent', detail: '' };
  });
  components.push(...(looked.state === 'unknown' ? [looked] : runner));
  let names: readonly string[] = [];
  const apps = await seen('applications', async () => {
    names = (await applications(kubectl)).map(({ name }) => name);
    const state = names.length === 0 ? 'absent' : 'deployed';
    return { name: 'applications', state, detail: '' };
  });
  const optional = new Set(
    chosen.filter(({ component }) => component.optional).map(({ component }) => component.name),
  );
  const troubles = [
    ...components.filter(({ name, state }) => state !== 'absent' || !optional.has(name)),
    ...(apps.state === 'unknown' || names.length === 0 ? [apps] : []),
  ].filter(({ state }) => state !== 'deployed' && state !== 'foreign');
  return {
    components: apps.state === 'unknown' ? [...components, apps] : components,
    applications: names,
    good: troubles.length === 0,
    unseen: troubles.length > 0 && troubles.every(({ state }) => state === 'unknown'),
  };
}

/** For a person: one line per component. */
export function statusText({ components, applications: names }: PlatformStatus): string {
  const lines = components.map(
    ({ name, state, detail }) => `${state.padEnd(13)} ${name.padEnd(18)} ${detail}`,
  );
  // Where they could not be seen, the lines say so.
  const seen = components.every(({ name }) => name !== 'applications');
  return [...lines, ...(seen ? [`Applications: ${names.join(', ') || 'none'}`] : [])].join('\n');
}

async function seen(name: string, look: () => Promise<ComponentStatus>): Promise<ComponentStatus> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof OrderbooksError) || error.code === 'INTERRUPTED') throw error;
    return { name, state: 'unknown', detail: `${error.code}: ${error.message}` };
  }
}

async function statusOf(
  kubectl: Kubectl,
  helm: Helm,
  component: Component,
): Promise<ComponentStatus> {
  const { name, chart, version, namespace, crd } = component;
  const release = await releaseOf(helm, component);
  if (release === null || !(await isOurs(helm, component))) {
    const kind =
      crd === undefined ? null : await kubectl.find('customresourcedefinition', crd, null, z.any());
    if (release === null && kind === null) return { name, state: 'absent', detail: component.what };
    if (release === null && releaseThatMade(kind) === component.release) {
      const detail = `${component.what}; its kinds stayed from an installation before`;
      return { name, state: 'absent', detail };
    }
    const by = release === null ? `kind ${crd} is there` : `release ${release.chart}`;
    return { name, state: 'foreign', detail: `${by}, not by a release of ours` };
  }
  if (release.status !== 'deployed') {
    return { name, state: 'broken', detail: `${release.chart} is ${release.status}` };
  }
  const late = (await kubectl.list('deployments.apps', namespace, deployment))
    .filter(({ spec, status }) => status.readyReplicas < spec.replicas)
    .map(({ metadata }) => metadata.name);
  if (late.length > 0) return { name, state: 'not ready', detail: late.join(', ') };
  return release.chart === `${chart}-${version}`
    ? { name, state: 'deployed', detail: `${release.chart} (${release.appVersion})` }
    : { name, state: 'other version', detail: `${release.chart}, pinned is ${version}` };
}
