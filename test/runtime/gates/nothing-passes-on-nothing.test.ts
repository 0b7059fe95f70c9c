import { describe, expect, it } from 'vitest';
import { cycleAfterRestart } from '../../../runtime/gates/checks/cycle-after-restart.ts';
import { restartWrites } from '../../../runtime/gates/checks/restart-writes.ts';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { type Replacement, seenOf } from '../../../runtime/gates/facts.ts';
import { GATES } from '../../../runtime/gates/gates.ts';
import { JUDGED_FACTS } from '../../../runtime/gates/judged-archives.ts';
import type { Pod } from '../../../runtime/gates/platform.ts';
import { BAD_OBSERVATIONS } from './bad-observations/all.ts';
import { withoutRun } from './bad-observations/variant.ts';
import { run } from './run-in-world.ts';
import { gap, OTHER_DIGEST, World } from './world.ts';

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

describe('restart-writes does not rely on the act alone', () => {
  it.each<[string, Partial<Pod>, RegExp]>([
    ['the same pod', { uid: 'uid-promoted' }, /still the one that was deleted/],
    ['another digest', { imageDigest: OTHER_DIGEST }, /runs sha256:b/],
    ['a pod that is not ready', { ready: false }, /is not ready/],
  ])('%s is refused', async (_what, wrong, saying) => {
    const world = new World();
    const { facts } = await run(world);
    const { restart } = facts;
    if (restart.state !== 'seen' || restart.value.mode !== 'provoke') throw new Error('no restart');
    const replacement = { ...restart.value.replacement, ...wrong };
    const seen = seenOf(
      { ...facts, restart: { ...restart, value: { ...restart.value, replacement } } },
      JUDGED_FACTS,
    );
    if ('missing' in seen) throw new Error('not seen');
    const outcome = restartWrites.run(world.context(), seen.seen);
    expect(outcome).toMatchObject({ status: 'fail', reason: expect.stringMatching(saying) });
  });
});

describe('cycle-after-restart does not rely on the act alone', () => {
  it.each<[string, Partial<Pod>, Partial<Replacement>, RegExp]>([
    ['the same pod', { uid: 'uid-collected' }, {}, /still the one that was deleted/],
    ['another digest', { imageDigest: OTHER_DIGEST }, {}, /runs sha256:b/],
    ['a pod that is not ready', { ready: false }, {}, /is not ready/],
    [
      'a cycle of before',
      {},
      { deletedAt: new Date('2026-11-21T12:00:00Z') },
      /before the restart/,
    ],
  ])('%s is refused', async (_what, pod, restart, saying) => {
    const world = new World({ collector: true });
    const { facts } = await run(world, {}, 'collector-smoke');
    const { collectorRestart: seen, cyclesAfter } = facts;
    if (seen.state !== 'seen' || cyclesAfter.state !== 'seen') throw new Error('no restart');
    const replacement = { ...seen.value.replacement, ...pod };
    const outcome = cycleAfterRestart.run(world.context(), {
      collectorRestart: { ...seen.value, ...restart, replacement },
      cyclesAfter: cyclesAfter.value,
    });
    expect(outcome).toMatchObject({ status: 'fail', reason: expect.stringMatching(saying) });
  });
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
