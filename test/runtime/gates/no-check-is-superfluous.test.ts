import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECK_IDS } from '../../../runtime/gates/check.ts';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { FACT_ORDER } from '../../../runtime/gates/facts.ts';
import { combined } from '../../../runtime/gates/gates.ts';
import type { Policy } from '../../../runtime/gates/policy.ts';
import { runGate } from '../../../runtime/gates/run.ts';
import { ALL_BROKEN } from './all-broken-worlds.ts';
import { gateNamed } from './run-in-world.ts';
import { shortOutage } from './short-outage.ts';
import { collector, World } from './world.ts';

describe('a good world', () => {
  it('passes every check of ws-smoke, with a restart provoked', async () => {
    const world = new World();
    const checks = await judge(world);
    expect(refusals(checks)).toEqual([]);
    expect(verdictOf(checks).verdict).toBe('PASS');
    expect(checks.map((check) => check.id)).toEqual(
      gateNamed('ws-smoke').checks.map((check) => check.id),
    );
    expect(world.calls.filter((call) => call.startsWith('deletePod'))).toEqual([
      'deletePod recorder-promoted',
    ]);
  });

  it('passes without deleting anything where the policy only observes', async () => {
    const world = new World();
    const checks = await judge(world, { restart: 'observe' });
    expect(refusals(checks)).toEqual([]);
    expect(verdictOf(checks).verdict).toBe('PASS');
    expect(world.calls.filter((call) => call.startsWith('deletePod'))).toEqual([]);
  });

  it('passes with a collector that stays as it is', async () => {
    const world = new World();
    world.change.collector = () => collector();
    const checks = await judge(world);
    expect(checks.find((check) => check.id === 'collector-unchanged')?.status).toBe('pass');
  });
});

describe('a good collector', () => {
  it('passes every check of collector-smoke, its pod deleted and no other', async () => {
    const world = new World({ collector: true });
    const checks = await judge(world, {}, 'collector-smoke');
    expect(refusals(checks)).toEqual([]);
    expect(checks.every((check) => check.status === 'pass')).toBe(true);
    expect(world.calls.filter((call) => call.startsWith('deletePod'))).toEqual([
      'deletePod collector-promoted',
    ]);
  });

  it('and a good recorder pass in one run, with one upload', async () => {
    const world = new World({ collector: true });
    const gate = combined([gateNamed('collector-smoke'), gateNamed('ws-smoke')]);
    const { checks, acts } = await runGate(gate, world.context({ restart: 'observe' }));
    expect(refusals(checks)).toEqual([]);
    expect(checks.every((check) => check.status === 'pass')).toBe(true);
    expect(checks).toHaveLength(20);
    expect(acts.map((act) => act.fact)).toEqual(
      [
        ...new Set(
          [...gateNamed('collector-smoke').acts, ...gateNamed('ws-smoke').acts].map(
            (act) => act.fact,
          ),
        ),
      ].sort((a, b) => FACT_ORDER.indexOf(a) - FACT_ORDER.indexOf(b)),
    );
    expect(world.calls.filter((call) => call === 'upload')).toHaveLength(1);
  });

  it('is expected where its checks are asked for: without one they refuse, and say why', async () => {
    const checks = await judge(new World(), { readyTimeout: 1000 }, 'collector-smoke');
    expect(verdictOf(checks).verdict).toBe('FAIL');
    expect(checks[0]).toMatchObject({
      id: 'collector-on-promoted-digest',
      status: 'fail',
      reason: expect.stringContaining('no collector is deployed there'),
    });
    expect(checks.slice(1).every((check) => check.status === 'not_judged')).toBe(true);
  });
});

describe('a good window of reliability', () => {
  it('passes every check of ws-reliability, only looking, and tells how far it is', async () => {
    const world = new World();
    const checks = await judge(world, { freshness: 15_000 }, 'ws-reliability');
    expect(refusals(checks)).toEqual([]);
    expect(world.calls.filter((call) => /^(deletePod|upload|putConfigMap)/.test(call))).toEqual([]);
    expect(
      world.progress.filter((line) => /^observed .* of 1m: \d+ data frames/.test(line)),
    ).toHaveLength(4);
  });
});

describe('a reliability window with an outage', () => {
  it('that ended in time passes, and says that there was one', async () => {
    const checks = await judge(...shortOutage());
    expect(refusals(checks)).toEqual([]);
    expect(checks.find(({ id }) => id === 'outages-recover')).toMatchObject({
      observed: expect.stringMatching(/^1 outages/),
      reason: 'every outage ended in time',
    });
  });
});

describe('a canary beside production', () => {
  it('passes every check of canary-comparison, only looking', async () => {
    const world = new World();
    const checks = await judge(world, {}, 'canary-comparison');
    expect(checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'recorder-on-promoted-digest pass',
      'comparison-events pass',
      'comparison-latency pass',
      'comparison-resources pass',
    ]);
    expect(world.calls.filter((call) => /^(deletePod|upload|putConfigMap)/.test(call))).toEqual([]);
  });

  it('is not compared while production has no recorder, and only then', async () => {
    const world = new World();
    let looked = 0;
    world.change.deployment = (workload) => {
      looked += 1;
      return looked === 1 ? workload : null;
    };
    const checks = await judge(world, {}, 'canary-comparison');
    expect(checks.map(({ status }) => status)).toEqual([
      'pass',
      ...Array.from({ length: 3 }, () => 'not_applicable'),
    ]);
    const gone = new World();
    gone.change.pods = (pods) =>
      pods.map((pod) => ({ ...pod, terminating: pod.namespace === 'orderbooks' }));
    const refused = await judge(gone, {}, 'canary-comparison');
    expect(refusals(refused)).toEqual([
      'comparison-events',
      'comparison-latency',
      'comparison-resources',
    ]);
  });

  it.each([
    ['stale', { summarised_at: '2026-11-21T09:00:00.000Z' }],
    ['of another window', { since: '2026-11-21T09:00:00.000Z' }],
  ])('a summary that is %s is refused', async (_what, wrong) => {
    const world = new World();
    world.change.summary = (summary) => ({ ...summary, ...wrong });
    const checks = await judge(world, {}, 'canary-comparison');
    expect(checks[1]).toMatchObject({
      status: 'fail',
      reason: expect.stringContaining('GATE_OBSERVATION_INVALID'),
    });
  });
});

describe('every defect is refused by the check that is meant for it, and by no other', () => {
  it.each(ALL_BROKEN.map((world) => [world.check, world.defect, world] as const))(
    '%s: %s',
    async (id, _defect, broken) => {
      const checks = await judge(broken.make(), broken.policy, broken.gate);
      expect(refusals(checks)).toEqual([id]);
      expect(verdictOf(checks).verdict).toBe('FAIL');
    },
  );
});

describe('no check is superfluous', () => {
  it.each([...CHECK_IDS])('without %s some defect would pass', async (id) => {
    const broken = ALL_BROKEN.find((world) => world.check === id);
    if (broken === undefined) throw new Error(`no broken world for ${id}`);
    const gate = gateNamed(broken.gate);
    const without = { ...gate, checks: gate.checks.filter((check) => check.id !== id) };
    const { checks } = await runGate(without, broken.make().context(broken.policy));
    expect(verdictOf(checks).verdict).toBe('PASS');
  });

  it('each has a page that says what it proves, how it can fail and what to do', () => {
    for (const id of CHECK_IDS) {
      const page = new URL(`../../../docs/checks/${id}.md`, import.meta.url);
      expect(existsSync(page), `docs/checks/${id}.md`).toBe(true);
      const text = readFileSync(page, 'utf8');
      for (const heading of ['## What it proves', '## How it can fail', '## What to do']) {
        expect(text, id).toContain(heading);
      }
    }
  });
});

async function judge(world: World, policy: Partial<Policy> = {}, gate = 'ws-smoke') {
  return (await runGate(gateNamed(gate), world.context(policy))).checks;
}

function refusals(checks: Awaited<ReturnType<typeof judge>>): string[] {
  return checks
    .filter((check) => check.status === 'fail' || check.status === 'not_judged')
    .map((check) => check.id);
}
