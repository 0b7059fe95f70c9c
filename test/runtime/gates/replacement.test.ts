import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../runtime/gates/platform.ts';
import { replacePod } from '../../../runtime/gates/replacement.ts';
import { SUBJECT, World } from './world.ts';

describe('a pod counts as replaced', () => {
  it('only when the old one is gone, although another is ready beside it', async () => {
    const { old, world } = await recorder();
    const goneAt = world.time + 8000;
    world.change.pods = (pods) =>
      world.time < goneAt ? [...pods, { ...old, terminating: true }] : pods;
    const { replacement, took } = await replace(world, old);
    expect(replacement.uid).not.toBe(old.uid);
    expect(took).toBe(8000);
  });

  it('only when the other one is ready', async () => {
    const { old, world } = await recorder();
    const readyAt = world.time + 9000;
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, ready: world.time >= readyAt }));
    const { replacement, took } = await replace(world, old);
    expect(replacement.ready).toBe(true);
    expect(took).toBe(9000);
  });
});

async function recorder(): Promise<{ readonly old: Pod; readonly world: World }> {
  const world = new World();
  world.time += 60_000;
  const [old] = await world.pods(SUBJECT.namespace, 'ws-recorder');
  if (old === undefined) throw new Error('expected a recorder');
  return { old, world };
}

async function replace(world: World, old: Pod) {
  const begun = world.time;
  const context = {
    ...world.context(),
    demanded: <T>(_wait: string, work: () => Promise<T>) => work(),
  };
  const { replacement } = await replacePod(context, 'ws-recorder', old);
  return { replacement, took: world.time - begun };
}
