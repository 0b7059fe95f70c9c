import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { PlatformError } from '../../../runtime/gates/platform-error.ts';
import { runGate } from '../../../runtime/gates/run.ts';
import { changed } from './broken-worlds.ts';
import { gateNamed, run, wsSmoke } from './run-in-world.ts';
import { OTHER_DIGEST, World } from './world.ts';

describe('the sequence of acts', () => {
  it('touches nothing while the promoted digest does not run', async () => {
    const world = new World();
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST }));
    const { checks } = await run(world);
    expect(world.calls.some((call) => /deletePod|inspect|upload|metrics/.test(call))).toBe(false);
    expect(checks.filter((check) => check.status === 'fail').map((check) => check.id)).toEqual([
      'recorder-on-promoted-digest',
    ]);
    expect(checks.filter((check) => check.status === 'not_judged')).toHaveLength(11);
  });

  it('waits for the old pod to go and the new one to be ready before it judges', async () => {
    const world = new World({ age: -4000 });
    let polls = 0;
    world.change.pods = (pods) => {
      polls += 1;
      return polls < 4 ? pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST })) : pods;
    };
    const { checks } = await run(world);
    expect(verdictOf(checks)).toMatchObject({ verdict: 'PASS' });
  });

  it('goes on observing until a connection that just ended is open again', async () => {
    const world = new World();
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time >= begun + 55_000 && world.time < begun + 70_000
        ? text.replace('connections_open 1', 'connections_open 0')
        : text;
    expect(verdictOf((await run(world)).checks)).toMatchObject({ verdict: 'PASS' });
  });

  it('looks again at an archive whose manifest was only just being written', async () => {
    const world = new World();
    let inspections = 0;
    world.change.inspect = (report) => {
      inspections += 1;
      return inspections === 1 ? changed(report, '_promoted', { manifest: 'missing' }) : report;
    };
    expect(verdictOf((await run(world)).checks)).toMatchObject({ verdict: 'PASS' });
    expect(inspections).toBe(4);
  });

  it('waits for a cycle and an archive of the collector no longer than until they are there', async () => {
    const world = new World({ collector: true });
    const begun = world.time;
    const context = world.context();
    const { checks } = await runGate(gateNamed('collector-smoke'), context);
    expect(verdictOf(checks).verdict).toBe('PASS');
    expect(world.time - begun).toBeLessThan(context.policy.dataTimeout);
  });

  it('does not restart the recorder when it could not remember its archives', async () => {
    const world = new World();
    world.before = (call) => {
      if (call === 'inspect') throw new PlatformError('PLATFORM_JOB_FAILED', 'no');
    };
    await run(world);
    expect(world.calls.some((call) => call.startsWith('deletePod'))).toBe(false);
  });

  it('rides out errors that pass, and says at once which ones do not', async () => {
    const passing = new World();
    let failures = 3;
    passing.before = (call) => {
      if (call === 'pods' && failures-- > 0) throw new PlatformError('PLATFORM_UNREACHABLE', 'no');
    };
    expect(verdictOf((await run(passing)).checks).verdict).toBe('PASS');

    const forbidden = new World();
    forbidden.before = (call) => {
      if (call === 'pods') throw new PlatformError('PLATFORM_FORBIDDEN', 'verb list on pods');
    };
    const begun = forbidden.time;
    const { checks } = await run(forbidden);
    expect(checks[0]).toMatchObject({
      status: 'fail',
      reason: expect.stringMatching(/verb list on pods/),
    });
    expect(forbidden.time).toBe(begun);
  });

  it('reads closed archives while it observes, and restarts nothing before the observation ended', async () => {
    const world = new World();
    const { acts } = await run(world);
    const inspected = world.calls.indexOf('inspect');
    const lastObserved = world.calls.lastIndexOf('metrics recorder-promoted');
    expect(inspected).toBeGreaterThan(-1);
    expect(inspected).toBeLessThan(lastObserved);
    expect(world.calls.indexOf('deletePod recorder-promoted')).toBeGreaterThan(lastObserved);
    expect(acts.map((act) => act.status)).not.toContain('failed');
  });

  it('uploads while it observes where no restart is provoked, and else what the restart closed', async () => {
    const observed = new World();
    const provoked = new World();
    const { checks } = await run(observed, { restart: 'observe' });
    await run(provoked);
    expect(verdictOf(checks).verdict).toBe('PASS');
    const uploaded = (world: World) => world.calls.findIndex((call) => call.startsWith('upload'));
    expect(uploaded(observed)).toBeGreaterThan(-1);
    expect(uploaded(observed)).toBeLessThan(
      observed.calls.lastIndexOf('metrics recorder-promoted'),
    );
    expect(uploaded(provoked)).toBeGreaterThan(
      provoked.calls.indexOf('deletePod recorder-promoted'),
    );
  });

  it('uploads nothing before the recorder closed something', async () => {
    const world = new World();
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time < begun + 40_000 ? text.replaceAll(/(closed_total\{[^}]*\}) \d+/g, '$1 0') : text;
    let uploadedAt = 0;
    world.before = (call) => {
      if (call.startsWith('upload')) uploadedAt = world.time;
    };
    await run(world, { restart: 'observe' });
    expect(uploadedAt).toBeGreaterThanOrEqual(begun + 40_000);
  });

  it('judges a window by what was written in it: the inspection waits for its end', async () => {
    const world = new World();
    const { acts } = await runGate(gateNamed('ws-reliability'), world.context());
    const act = (fact: string) => acts.find((one) => one.fact === fact);
    expect((act('before')?.started_at ?? '') >= (act('observation')?.finished_at ?? 'z')).toBe(
      true,
    );
    expect(act('before')?.status).toBe('done');
  });

  it('notes no wait for closed archives while nothing waits for them', async () => {
    const world = new World();
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time < begun + 5_000 ? text.replaceAll(/(closed_total\{[^}]*\}) \d+/g, '$1 0') : text;
    const firstClosed = async (restart: 'provoke' | 'observe') => {
      const { acts } = await run(world, { restart });
      return acts.find((act) => act.fact === 'firstClosed');
    };
    const provoked = await firstClosed('provoke');
    expect(provoked?.finished_at).toBe(provoked?.started_at);
    world.time = begun;
    const observed = await firstClosed('observe');
    expect(observed?.finished_at).not.toBe(observed?.started_at);
  });

  it('does not hold against a recorder how long the Job that looked at it waited for its turn', async () => {
    const world = new World();
    let inspections = 0;
    world.before = (call) => {
      if (call === 'inspect' && ++inspections === 1) world.time += 50_000;
    };
    const policy = { freshness: 10_000 };
    const { checks } = await runGate(gateNamed('ws-reliability'), world.context(policy));
    expect(checks.find((check) => check.id === 'data-advances')).toMatchObject({ status: 'pass' });
  });

  it('notes what it waited for because policy, rollout or rotation demand it', async () => {
    const { waits, acts } = await run(new World());
    const observation = waits.find((wait) => wait.for === 'observation');
    expect(observation).toMatchObject({
      started_at: acts.find((act) => act.fact === 'observation')?.started_at,
      finished_at: acts.find((act) => act.fact === 'observation')?.finished_at,
    });
    expect(new Set(waits.map((wait) => wait.for))).toEqual(
      new Set(['rollout', 'observation', 'archives', 'restart']),
    );
  });

  it('leaves nothing under way behind a run that broke', async () => {
    const world = new World();
    let inspecting = false;
    world.before = async (call) => {
      if (call !== 'inspect') return;
      inspecting = true;
      await new Promise((resolve) => setImmediate(resolve));
      inspecting = false;
    };
    const context = world.context();
    const broken = {
      ...context,
      progress: (text: string) => {
        if (text.includes('observe')) throw new RangeError('nobody listens');
      },
    };
    await expect(runGate(wsSmoke(), broken)).rejects.toThrow('nobody listens');
    expect([inspecting, world.calls.includes('inspect')]).toEqual([false, true]);
  });

  it('takes a check that throws for a refusal, with its text', async () => {
    const gate = wsSmoke();
    const checks = gate.checks.map((check) =>
      check.id === 'payload-hashes'
        ? {
            ...check,
            run: () => {
              throw new TypeError('of undefined');
            },
          }
        : check,
    );
    const done = await runGate({ ...gate, checks }, new World().context());
    expect(done.checks.filter((check) => check.status === 'fail')).toMatchObject([
      { id: 'payload-hashes', reason: 'TypeError: of undefined' },
    ]);
  });
});
