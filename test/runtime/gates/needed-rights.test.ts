import { describe, expect, it } from 'vitest';
import { combined } from '../../../runtime/gates/gates.ts';
import { neededRights } from '../../../runtime/gates/needed-rights.ts';
import { policy } from '../../../runtime/gates/policy.ts';
import { gateNamed } from './run-in-world.ts';
import { SUBJECT } from './world.ts';

const CANARY = SUBJECT.namespace;
const PRODUCTION = SUBJECT.productionNamespace;
const PROJECT = SUBJECT.project;

type Restart = 'provoke' | 'observe';

/** `verbs resources in namespace`, with the name where the right is asked for one object only. */
function needed(
  gates: readonly string[],
  { restart = 'provoke', records = false, namespace = CANARY }: Partial<Asked> = {},
): string[] {
  const terms = {
    gate: combined(gates.map(gateNamed)),
    subject: { ...SUBJECT, namespace },
    policy: { ...policy.parse({}), restart },
  };
  return neededRights(terms, records).flatMap(({ namespace: where, rules, name }) =>
    rules.map(({ verbs, resources }) => {
      const object = name === undefined ? '' : ` ${name}`;
      return `${verbs.join(', ')} ${resources.join(', ')} in ${where}${object}`;
    }),
  );
}
interface Asked {
  readonly restart: Restart;
  readonly records: boolean;
  readonly namespace: string;
}

const READS = (where: string) => [
  `get pods/log, pods/proxy in ${where}`,
  `get deployments in ${where}`,
  `get cronjobs in ${where}`,
  `create, get, delete jobs in ${where}`,
];
const DELIVERY = [
  `get stages in ${PROJECT} ${SUBJECT.stage}`,
  `get applications in argocd orderbooks-${SUBJECT.stage}`,
];

describe('what a run will ask of the API server', () => {
  it('is to delete pods where a restart is provoked, and to look at production’s collector', () => {
    expect(needed(['ws-smoke'])).toEqual([
      `list, delete pods in ${CANARY}`,
      ...READS(CANARY),
      `list pods in ${PRODUCTION}`,
      `get deployments in ${PRODUCTION}`,
      ...DELIVERY,
    ]);
  });

  it('is not to delete pods where the rollout’s restart is looked at', () => {
    const asked = needed(['ws-smoke'], { restart: 'observe' });
    expect(asked.slice(0, 5)).toEqual([`list pods in ${CANARY}`, ...READS(CANARY)]);
  });

  it('is to delete pods for the collector, whatever the policy says of the recorder', () => {
    expect(needed(['collector-smoke'], { restart: 'observe' })).toEqual([
      `list, delete pods in ${CANARY}`,
      ...READS(CANARY),
    ]);
  });

  it('is nothing but reading and inspectors for a window, and for a comparison the same in production', () => {
    const window = [`list pods in ${CANARY}`, ...READS(CANARY)];
    expect(needed(['ws-reliability'])).toEqual(window);
    expect(needed(['canary-comparison'])).toEqual([
      ...window,
      `list pods in ${PRODUCTION}`,
      ...READS(PRODUCTION),
    ]);
  });

  it('names one namespace once', () => {
    const asked = needed(['ws-smoke'], { namespace: PRODUCTION });
    expect(asked).toEqual([
      `list, delete pods in ${PRODUCTION}`,
      ...READS(PRODUCTION),
      ...DELIVERY,
    ]);
  });

  it('is to write evidence and to tell the Stage where the run is recorded', () => {
    expect(needed(['ws-reliability'], { records: true }).slice(5)).toEqual([
      `create, get, update, list, delete configmaps in ${PROJECT}`,
      `create events in ${PROJECT}`,
      `get stages in ${PROJECT} ${SUBJECT.stage}`,
    ]);
  });
});
