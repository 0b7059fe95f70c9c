import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { combined } from '../../../runtime/gates/gates.ts';
import { flatPolicy, type Policy, policy } from '../../../runtime/gates/policy.ts';
import { runGate } from '../../../runtime/gates/run.ts';
import { gateNamed } from './run-in-world.ts';
import { collector, SUBJECT, World } from './world.ts';

const CANARY_GATES = ['ws-smoke', 'ws-reliability', 'canary-comparison'].map(gateNamed);

describe('the canary’s gates in one run', () => {
  it('pass in a good world, and nothing is read before both sides were recorded, nor restarted before they were compared', async () => {
    const world = new World();
    world.change.collector = () => collector();
    const { checks, acts } = await runGate(
      combined(CANARY_GATES),
      world.context({ freshness: 15_000, reconnectWithin: 20_000 }),
    );
    expect(verdictOf(checks)).toEqual({
      verdict: 'PASS',
      reason: '21 of 21 checks passed, none refused',
    });
    const begun = (fact: string) => acts.find((act) => act.fact === fact)?.started_at ?? '';
    const ended = (fact: string) => acts.find((act) => act.fact === fact)?.finished_at ?? 'z';
    expect(begun('before') >= ended('recordedBeside')).toBe(true);
    for (const later of ['restart', 'upload'] as const) {
      expect(begun(later) >= ended('comparison')).toBe(true);
    }
    const calls = world.calls.map((call) => call.split(' ')[0]);
    expect(calls.indexOf('deletePod')).toBeGreaterThan(calls.lastIndexOf('summarise'));
  });

  it('pass on a first day, and the verdict says that nothing was compared', async () => {
    const { verdict, reason } = verdictOf(await compared(withoutProduction()));
    expect(verdict).toBe('PASS');
    expect(reason).toContain(
      'not applicable: comparison-events, comparison-latency, comparison-resources (no baseline',
    );
  });

  it('refuse a canary without production where the policy requires one', async () => {
    const checks = await compared(withoutProduction(), { baseline: 'required' });
    expect(verdictOf(checks).verdict).toBe('FAIL');
    expect(checks.slice(1).map(({ id, status }) => `${id} ${status}`)).toEqual([
      'comparison-events fail',
      'comparison-latency fail',
      'comparison-resources fail',
    ]);
    expect(checks[1]?.reason).toContain('the policy requires one (comparison.baseline)');
  });
});

describe('how long is compared', () => {
  it('is one window where enough of it can be compared', async () => {
    const world = new World();
    const begun = world.time;
    await compared(world);
    expect(world.calls.filter((call) => call === 'summarise')).toHaveLength(2);
    expect(world.time - begun).toBeLessThan(180_000);
  });

  const disturbedAtFirst = (): World => {
    const world = new World();
    let asked = 0;
    world.change.summary = (summary) => {
      asked += 1;
      return asked <= 2 ? { ...summary, covered: [] } : summary;
    };
    return world;
  };
  const summaries = ({ calls }: World) => calls.filter((call) => call === 'summarise').length;

  it('is a second window after one in which a connection was lost, judged as one', async () => {
    const world = disturbedAtFirst();
    const checks = await compared(world);
    expect(verdictOf(checks).verdict).toBe('PASS');
    expect(summaries(world)).toBe(4);
    expect(world.progress).toContain('only 0 of 6 spans can be compared so far');
    // Four minutes of one market in spans of five seconds.
    expect(checks.find(({ id }) => id === 'comparison-events')?.observed).toMatch(/, 4[6-9] spans/);
  });

  it('holds the restart back until the second window is over too', async () => {
    const world = disturbedAtFirst();
    await runGate(combined(CANARY_GATES), world.context());
    expect(summaries(world)).toBe(4);
    expect(world.calls.indexOf('deletePod recorder-promoted')).toBeGreaterThan(
      world.calls.lastIndexOf('summarise'),
    );
  });

  it('ends after the second, and then too little is a refusal', async () => {
    const world = new World();
    world.change.summary = (summary) => ({ ...summary, covered: [] });
    const checks = await compared(world);
    expect(world.calls.filter((call) => call === 'summarise')).toHaveLength(4);
    expect(checks.find(({ id }) => id === 'comparison-events')?.reason).toContain(
      'only 0 spans could be compared',
    );
  });
});

describe('tolerances are policy', () => {
  const slower = (): World => {
    const world = new World();
    world.change.summary = (summary, namespace) =>
      namespace === SUBJECT.namespace
        ? { ...summary, latency_ms: summary.latency_ms.map((value) => value + 2000) }
        : summary;
    return world;
  };
  const latency = async (terms: Partial<Policy['comparison']['metrics']['latency']>) => {
    const { metrics } = policy.parse({}).comparison;
    const checks = await compared(slower(), {
      metrics: { ...metrics, latency: { ...metrics.latency, ...terms } },
    });
    return checks.find(({ id }) => id === 'comparison-latency')?.status;
  };

  it.each([
    ['as it is', {}, 'fail'],
    ['that bears more', { absolute: 5000 }, 'pass'],
    ['that only reports', { criticality: 'advisory' }, 'pass'],
    ['for which less is worse', { direction: 'decrease' }, 'pass'],
  ] as const)(
    'a canary two seconds slower is judged by one %s: %s',
    async (_what, terms, status) => {
      expect(await latency(terms)).toBe(status);
    },
  );

  it('and one that is changed leaves the others as they are', () => {
    const usual = flatPolicy(policy.parse({}));
    const changed = flatPolicy(policy.parse({ comparison: { metrics: { cpu: { absolute: 1 } } } }));
    expect(changed).toEqual({ ...usual, 'comparison.metrics.cpu.absolute': 1 });
  });

  it.each([
    [{ comparison: { window: '50m' } }, 'comparison.window', 'less than the deadline'],
    [{ comparison: { window: '8s' } }, 'comparison.window', 'twice the span'],
    [{ comparison: { spans: 0 } }, 'comparison.spans', '>=1'],
    [{ comparison: { metrics: { disk: {} } } }, 'comparison.metrics', 'disk'],
    [{ comparison: { metrics: { cpu: { absolute: -1 } } } }, 'comparison.metrics.cpu.absolute', ''],
    [{ comparison: { baseline: 'maybe' } }, 'comparison.baseline', ''],
  ])('%j is refused at %s', (value, path, message) => {
    const [issue] = policy.safeParse(value).error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toContain(message);
  });
});

function withoutProduction(): World {
  const world = new World();
  let looked = 0;
  world.change.deployment = (workload) => {
    looked += 1;
    return looked === 1 ? workload : null;
  };
  return world;
}

async function compared(world: World, terms: Partial<Policy['comparison']> = {}) {
  const { comparison } = policy.parse({});
  const context = world.context({ comparison: { ...comparison, ...terms } });
  return (await runGate(gateNamed('canary-comparison'), context)).checks;
}
