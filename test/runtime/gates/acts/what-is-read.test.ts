import { describe, expect, it } from 'vitest';
import type { InspectRequest } from '../../../../runtime/gates/platform.ts';
import type { Policy } from '../../../../runtime/gates/policy.ts';
import { iso } from '../recorded-run.ts';
import { run } from '../run-in-world.ts';
import { World } from '../world.ts';

describe('an inspector reads', () => {
  it('what the judged recorder wrote since its start, and after a restart all of that again by its paths', async () => {
    const { asked, begun } = await requests(new World());
    const since = iso(begun - 5000);
    const [before, after] = asked.filter(({ uploadOf }) => uploadOf === undefined);
    expect(before).toEqual({ since });
    expect(after).toMatchObject({ since });
    expect(after?.paths).toContainEqual(expect.stringContaining('ws_raw_0_promoted'));
    expect(after?.paths).toContainEqual(expect.stringContaining('rest_checkpoints_0_promoted'));
  });

  it('everything where the recorder’s pod does not say when it started', async () => {
    const world = new World();
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, startedAt: null }));
    const { asked } = await requests(world);
    const [before, after] = asked.filter(({ uploadOf }) => uploadOf === undefined);
    expect(before).toEqual({});
    expect(after).not.toHaveProperty('since');
  });

  it('nothing again where no restart is provoked', async () => {
    const { asked } = await requests(new World(), { restart: 'observe' });
    expect(asked.filter(({ paths }) => paths !== undefined)).toEqual([]);
  });

  it('what the judged collector wrote since its start, and after its restart only its own stream again', async () => {
    const { asked, begun } = await requests(new World({ collector: true }), {}, 'collector-smoke');
    const [before] = asked;
    const after = asked.findLast(({ paths }) => paths !== undefined);
    expect(before).toEqual({ since: iso(begun - 5000) });
    expect(after?.paths?.length).toBeGreaterThan(0);
    expect(after?.paths?.filter((path) => !path.includes('/rest_snapshots/'))).toEqual([]);
  });

  it('everything where the collector’s pod does not say when it started', async () => {
    const world = new World({ collector: true });
    world.change.collectorPods = (pods) => pods.map((pod) => ({ ...pod, startedAt: null }));
    const { asked } = await requests(world, {}, 'collector-smoke');
    expect(asked[0]).toEqual({});
  });
});

async function requests(world: World, policy: Partial<Policy> = {}, gate = 'ws-smoke') {
  const asked: InspectRequest[] = [];
  const begun = world.time;
  world.change.inspect = (report, request) => {
    asked.push(request);
    return report;
  };
  await run(world, policy, gate);
  return { asked, begun };
}
