import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jobFromTemplate } from '../../runtime/gates/kubernetes/job-template.ts';
import { jobTemplate } from '../../runtime/gates/kubernetes/objects.ts';
import { CANARY_NAMESPACE } from '../../scripts/settings/names.ts';
import { quantity } from './kubernetes-quantity.ts';
import { type Container, type PodSpec, podsOf } from './pods.ts';
import { type RenderedObject, render } from './render.ts';

const canary = render('gitops/overlays/canary');
const hard = one('ResourceQuota').spec?.['hard'] as Readonly<Record<string, string>>;
interface Limits {
  readonly default: Readonly<Record<string, string>>;
  readonly defaultRequest: Readonly<Record<string, string>>;
  readonly max: Readonly<Record<string, string>>;
}
const [limits] = (one('LimitRange').spec?.['limits'] ?? []) as readonly Limits[];
const RESOURCES = ['cpu', 'memory'] as const;
const recorder = specOf('ws-recorder');
const uploader = specOf('uploader');

describe("the canary's quota", () => {
  // All that can be in the namespace at one moment: Recreate never has two recorders, and the gates run two Jobs at a time
  // beside the scheduled uploader; three are counted, so that a Job that ends slowly does not stop the next.
  const atOnce = [recorder, uploader, jobOf('uploader'), jobOf('inspector'), jobOf('inspector')];

  it.each(RESOURCES)('has room for recorder, uploader and the Jobs of the gates: %s', (name) => {
    expect(sum(atOnce, 'requests', name)).toBeLessThanOrEqual(allowed('requests', name));
    expect(sum(atOnce, 'limits', name)).toBeLessThanOrEqual(allowed('limits', name));
    expect(atOnce.length).toBeLessThanOrEqual(Number(hard['pods']));
  });

  it.each(RESOURCES)('leaves no room for twice as much: %s', (name) => {
    const twice = [...atOnce, ...atOnce];
    expect(sum(twice, 'requests', name)).toBeGreaterThan(allowed('requests', name));
    expect(sum(twice, 'limits', name)).toBeGreaterThan(allowed('limits', name));
    expect(twice.length).toBeGreaterThan(Number(hard['pods']));
  });

  it.each(RESOURCES)('has room for a simulated feed beside them: %s', (name) => {
    const file = new URL(
      '../../gitops/components/simulated-feed/deployment-simulated-feed.yaml',
      import.meta.url,
    );
    const [feed] = podsOf([parse(readFileSync(file, 'utf8')) as RenderedObject]);
    if (feed === undefined) throw new Error('no simulated feed');
    const all = [...atOnce, feed.spec];
    expect(sum(all, 'requests', name)).toBeLessThanOrEqual(allowed('requests', name));
    expect(sum(all, 'limits', name)).toBeLessThanOrEqual(allowed('limits', name));
    expect(all.length).toBeLessThanOrEqual(Number(hard['pods']));
  });

  it('counts the Jobs that stay to be looked at', () => {
    const spec = one('CronJob').spec as {
      successfulJobsHistoryLimit: number;
      failedJobsHistoryLimit: number;
    };
    const kept = spec.successfulJobsHistoryLimit + spec.failedJobsHistoryLimit + 1;
    // A killed verifier leaves the two Jobs under way for ten minutes; four such verifiers are borne.
    expect(Number(hard['count/jobs.batch'])).toBeGreaterThanOrEqual(kept + 2 * 4);
  });

  it('holds the one claim and no larger one', () => {
    const claim = one('PersistentVolumeClaim').spec as {
      resources: { requests: { storage: string } };
    };
    expect(quantity(hard['requests.storage'] ?? '')).toBe(
      quantity(claim.resources.requests.storage),
    );
    expect(hard['persistentvolumeclaims']).toBe('1');
  });

  it.each(RESOURCES)('every container stays below the largest that is admitted: %s', (name) => {
    for (const container of atOnce.flatMap(({ containers }) => containers)) {
      expect(bounded(container, 'limits', name)).toBeLessThanOrEqual(
        quantity(limits?.max[name] ?? ''),
      );
      expect(bounded(container, 'requests', name)).toBeLessThanOrEqual(
        bounded(container, 'limits', name),
      );
    }
  });
});

function one(kind: string): RenderedObject {
  const found = canary.filter((object) => object.kind === kind);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} ${kind}`);
  return found[0];
}

function specOf(component: string): PodSpec {
  const found = podsOf(canary).find((pod) => pod.component === component);
  if (found === undefined) throw new Error(`no ${component}`);
  return found.spec;
}

/** The pod of a Job that the verifier makes. */
function jobOf(component: 'uploader' | 'inspector'): PodSpec {
  const manifest = jobFromTemplate(jobTemplate.parse(one('CronJob').spec?.['jobTemplate']), {
    name: `orderbooks-${component}-1`,
    namespace: CANARY_NAMESPACE,
    component,
    runId: '1',
    node: 'node',
    deadlineSeconds: 60,
    readOnly: component === 'inspector',
    args: (args) => args,
  });
  return (manifest as { spec: { template: { spec: PodSpec } } }).spec.template.spec;
}

function sum(
  specs: readonly PodSpec[],
  what: 'requests' | 'limits',
  name: (typeof RESOURCES)[number],
): number {
  return specs
    .flatMap(({ containers }) => containers)
    .reduce((total, container) => total + bounded(container, what, name), 0);
}

/** What a container has once the LimitRange filled in what it does not say. */
function bounded(
  container: Container,
  what: 'requests' | 'limits',
  name: (typeof RESOURCES)[number],
): number {
  const fallback = what === 'limits' ? limits?.default : limits?.defaultRequest;
  return quantity(container.resources?.[what]?.[name] ?? fallback?.[name] ?? '');
}

function allowed(what: 'requests' | 'limits', name: (typeof RESOURCES)[number]): number {
  return quantity(hard[`${what}.${name}`] ?? '');
}
