import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { GATES } from '../../../runtime/gates/gates.ts';
import { BAD_OBSERVATIONS } from './bad-observations/all.ts';
import { withoutRun } from './bad-observations/variant.ts';
import { REPLACED_POD_CASES } from './checks/replaced-pods.ts';
import { run } from './run-in-world.ts';
import { gap, World } from './world.ts';

describe('an observation that is absent, empty, stale, truncated or foreign is refused with its own reason', () => {
  it.each(BAD_OBSERVATIONS.map((one) => [one.gate, one.observation, one] as const))(
    '%s: %s',
    async (_gate, _name, one) => {
      const world = one.world();
      one.breakIt(world);
      const { checks } = await run(world, one.policy, one.gate);
      expect(verdictOf(checks).verdict).toBe('FAIL');
      for (const id of one.refusedBy) {
        const check = checks.find((candidate) => candidate.id === id);
        expect(check, id).toMatchObject({ status: 'fail' });
        expect(check?.reason, id).toMatch(one.saying);
      }
    },
  );
});

describe('what the broken observations start from', () => {
  const wholes = new Map(
    BAD_OBSERVATIONS.map((one) => [`${one.gate} by ${JSON.stringify(one.policy ?? {})}`, one]),
  );

  it.each([...wholes])(
    'passes %s before anything is broken',
    async (_name, { world, policy, gate }) => {
      const { checks } = await run(world(), policy, gate);
      const refused = checks.filter(({ status }) => status === 'fail' || status === 'not_judged');
      expect(refused.map(({ id, reason }) => `${id}: ${reason}`)).toEqual([]);
    },
  );

  it('are of every gate', () => {
    const gates = new Set(BAD_OBSERVATIONS.map(({ gate }) => gate));
    expect([...gates].sort()).toEqual(Object.keys(GATES).sort());
  });
});

describe('what is not applicable says so', () => {
  it('no collector in production, before or after', async () => {
    const { checks } = await run(new World());
    expect(checks.find((check) => check.id === 'collector-unchanged')).toMatchObject({
      status: 'not_applicable',
      reason: expect.stringContaining('no collector'),
    });
  });

  it('no earlier run, where the restart of the rollout is judged', async () => {
    const { checks } = await run(new World({ earlierRun: false }), { restart: 'observe' });
    expect(checks.find((check) => check.id === 'prior-archive-unchanged')).toMatchObject({
      status: 'not_applicable',
      reason: expect.stringContaining('first recorder'),
    });
    expect(verdictOf(checks).verdict).toBe('PASS');
  });

  it('and nothing but not applicable is no PASS', () => {
    expect(verdictOf([]).verdict).toBe('FAIL');
  });
});

describe('what was not seen is said', () => {
  it('a pass without any interruption claims no recovery', async () => {
    const { checks } = await run(new World());
    expect(checks.find((check) => check.id === 'connections-recover')).toMatchObject({
      status: 'pass',
      reason: expect.stringContaining('no recovery was seen'),
    });
  });

  it('a pass after an interruption says how long the slowest took', async () => {
    const world = new World();
    const lost = world.time + 1000;
    world.change.gaps = (gaps, id) =>
      id === 'promoted' && gaps.some((row) => row.reason === 'connect')
        ? [...gaps, gap('disconnect', lost, 'a', 500), gap('connect', lost + 2500, 'b', 501)]
        : gaps;
    const { checks } = await run(world);
    expect(checks.find((check) => check.id === 'connections-recover')).toMatchObject({
      status: 'pass',
      observed: expect.stringContaining('1 interruptions'),
      reason: 'every lost connection came back in time',
    });
  });
});

describe('a check of what came after a restart does not rely on the act alone', () => {
  it.each(REPLACED_POD_CASES.map((one) => [one.check, one.what, one] as const))(
    '%s refuses %s',
    async (_check, _what, one) => {
      const outcome = await one.judge();
      expect(outcome.status).toBe('fail');
      expect(outcome.reason).toMatch(one.refused);
    },
  );
});

describe('a restart with nothing closed before', () => {
  it('passes on the archive that SIGTERM closed', async () => {
    const world = new World();
    world.change.inspect = (report) => (world.restarted ? report : withoutRun(report, 'promoted'));
    const { checks } = await run(world, { dataTimeout: 40_000, observation: 1000 });
    const check = checks.find((one) => one.id === 'prior-archive-unchanged');
    expect(check).toMatchObject({
      status: 'pass',
      reason: expect.stringContaining('told to stop'),
    });
  });
});
