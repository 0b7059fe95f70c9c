import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECK_IDS } from '../../../runtime/gates/check.ts';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { GATES, type Gate } from '../../../runtime/gates/gates.ts';
import type { Policy } from '../../../runtime/gates/policy.ts';
import { runGate } from '../../../runtime/gates/run.ts';
import { BROKEN_WORLDS } from './broken-worlds.ts';
import { collector, World } from './world.ts';

const GATE = gate();

describe('a good world', () => {
  it('passes every check of ws-smoke, with a restart provoked', async () => {
    const world = new World();
    const checks = await judge(world);
    expect(refusals(checks)).toEqual([]);
    expect(verdictOf(checks).verdict).toBe('PASS');
    expect(checks.map((check) => check.id)).toEqual([...CHECK_IDS]);
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

describe('every defect is refused by the check that is meant for it, and by no other', () => {
  it.each(BROKEN_WORLDS.map((world) => [world.check, world.defect, world] as const))(
    '%s: %s',
    async (id, _defect, broken) => {
      const checks = await judge(broken.make(), broken.policy);
      expect(refusals(checks)).toEqual([id]);
      expect(verdictOf(checks).verdict).toBe('FAIL');
    },
  );
});

describe('no check is superfluous', () => {
  it.each([...CHECK_IDS])('without %s some defect would pass', async (id) => {
    const broken = BROKEN_WORLDS.find((world) => world.check === id);
    if (broken === undefined) throw new Error(`no broken world for ${id}`);
    const without = { ...GATE, checks: GATE.checks.filter((check) => check.id !== id) };
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

function gate(): Gate {
  const found = GATES['ws-smoke'];
  if (found === undefined) throw new Error('there is no gate ws-smoke');
  return found;
}

async function judge(world: World, policy: Partial<Policy> = {}) {
  return (await runGate(GATE, world.context(policy))).checks;
}

function refusals(checks: Awaited<ReturnType<typeof judge>>): string[] {
  return checks
    .filter((check) => check.status === 'fail' || check.status === 'not_judged')
    .map((check) => check.id);
}
