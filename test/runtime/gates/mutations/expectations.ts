import { verdictOf } from '../../../../runtime/gates/evidence-content.ts';
import { combined } from '../../../../runtime/gates/gates.ts';
import { runGate } from '../../../../runtime/gates/run.ts';
import { messageOf } from '../../../../runtime/thrown.ts';
import { ALL_BROKEN } from '../all-broken-worlds.ts';
import { BAD_OBSERVATIONS } from '../bad-observations/all.ts';
import { COLLECTOR_CASES, judgeCollector } from '../checks/collector-states.ts';
import { REPLACED_POD_CASES } from '../checks/replaced-pods.ts';
import { gateNamed, run } from '../run-in-world.ts';
import { shortOutage } from '../short-outage.ts';
import { collector, World } from '../world.ts';

/**
 * The first thing that the gates' tests say of whole and broken worlds and that does not hold, or null. The tests say
 * it world by world; a mutation only has to be seen once. With `check` only what is said of that check and of whole worlds.
 */
export async function brokenExpectation(check: string | null = null): Promise<string | null> {
  for (const [name, holds, about] of EXPECTATIONS) {
    if (check !== null && !about.includes(check)) continue;
    let why = '';
    try {
      if (await holds()) continue;
    } catch (error) {
      why = `: ${messageOf(error)}`;
    }
    return `${name}${why}`;
  }
  return null;
}

/** Name, whether it holds, and which checks it is about. */
type Expectation = readonly [string, () => Promise<boolean>, readonly string[]];

const passes = async (world: World, gate: string, policy = {}): Promise<boolean> => {
  const { checks } = await run(world, policy, gate);
  return (
    verdictOf(checks).verdict === 'PASS' &&
    checks.every(({ status }) => status === 'pass' || status === 'not_applicable')
  );
};

function checksOf(gate: string): readonly string[] {
  return gateNamed(gate).checks.map(({ id }) => id);
}

const GOOD: readonly Expectation[] = [
  ['a good world passes ws-smoke', () => passes(new World(), 'ws-smoke'), checksOf('ws-smoke')],
  [
    'a good world passes ws-smoke without a restart',
    () => passes(new World(), 'ws-smoke', { restart: 'observe' }),
    checksOf('ws-smoke'),
  ],
  [
    'a good world with a collector passes ws-smoke',
    () => {
      const world = new World();
      world.change.collector = () => collector();
      return passes(world, 'ws-smoke');
    },
    checksOf('ws-smoke'),
  ],
  [
    'a good world passes collector-smoke',
    () => passes(new World({ collector: true }), 'collector-smoke'),
    checksOf('collector-smoke'),
  ],
  [
    'a short outage passes ws-reliability',
    () => {
      const [world, policy, gate] = shortOutage();
      return passes(world, gate, policy);
    },
    checksOf('ws-reliability'),
  ],
  [
    'a good world passes ws-reliability',
    () => passes(new World(), 'ws-reliability', { freshness: 15_000 }),
    checksOf('ws-reliability'),
  ],
  [
    'a good world passes canary-comparison',
    () => passes(new World(), 'canary-comparison'),
    checksOf('canary-comparison'),
  ],
  [
    'a good world passes both smoke gates',
    async () => {
      const gate = combined([gateNamed('collector-smoke'), gateNamed('ws-smoke')]);
      const world = new World({ collector: true });
      const { checks } = await runGate(gate, world.context({ restart: 'observe' }));
      return verdictOf(checks).verdict === 'PASS';
    },
    [...checksOf('collector-smoke'), ...checksOf('ws-smoke')],
  ],
];

const EXPECTATIONS: readonly Expectation[] = [
  ...GOOD,
  ...COLLECTOR_CASES.map(
    (one): Expectation => [
      `collector-unchanged of ${one.stage}: ${one.what}`,
      async () => {
        const { status, reason } = judgeCollector(one);
        return one.refused === null
          ? status === 'pass'
          : status === 'fail' && one.refused.test(reason);
      },
      ['collector-unchanged'],
    ],
  ),
  ...REPLACED_POD_CASES.map(
    (one): Expectation => [
      `${one.check} refuses ${one.what}`,
      async () => {
        const { status, reason } = await one.judge();
        return status === 'fail' && one.refused.test(reason);
      },
      [one.check],
    ],
  ),
  ...ALL_BROKEN.map(
    ({ gate, check, defect, policy, make }): Expectation => [
      `${check} refuses: ${defect}`,
      async () => {
        const { checks } = await run(make(), policy, gate);
        const refusals = checks.filter(
          ({ status }) => status === 'fail' || status === 'not_judged',
        );
        return refusals.length === 1 && refusals[0]?.id === check;
      },
      [check],
    ],
  ),
  ...BAD_OBSERVATIONS.map(
    (one): Expectation => [
      `${one.gate}: ${one.observation}`,
      async () => {
        const world = one.world();
        one.breakIt(world);
        const { checks } = await run(world, one.policy, one.gate);
        return (
          verdictOf(checks).verdict === 'FAIL' &&
          one.refusedBy.every((id) =>
            checks.some(
              (check) =>
                check.id === id && check.status === 'fail' && one.saying.test(check.reason),
            ),
          )
        );
      },
      one.refusedBy,
    ],
  ),
];
