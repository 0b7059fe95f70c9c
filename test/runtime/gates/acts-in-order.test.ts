import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { PlatformError } from '../../../runtime/gates/platform-error.ts';
import { runGate } from '../../../runtime/gates/run.ts';
import { changed } from './broken-worlds.ts';
import { run, wsSmoke } from './run-in-world.ts';
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
    expect(checks[0]).toMatchObject({ status: 'fail', reason: /verb list on pods/ });
    expect(forbidden.time).toBe(begun);
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
