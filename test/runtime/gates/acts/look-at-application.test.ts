import { describe, expect, it } from 'vitest';
import { lookAtApplication } from '../../../../runtime/gates/acts/look-at-application.ts';
import { World } from '../world.ts';

const READY_WITHIN_MS = 10_000;

describe('the Application', () => {
  it('is looked at once where everything is as promoted', async () => {
    const world = new World();
    const { waited, looks } = await look(world);
    expect([waited, looks]).toEqual([0, 1]);
  });

  it('is looked at again until everything is', async () => {
    const world = new World();
    const begun = world.time;
    world.change.application = (application) =>
      world.time < begun + 3000 ? { ...application, sync: 'OutOfSync' } : application;
    const { state, waited } = await look(world);
    expect(waited).toBe(3000);
    expect(state).toMatchObject({ application: { sync: 'Synced' } });
  });

  it('is told as it is once a rollout may take no longer', async () => {
    const world = new World();
    world.change.application = (application) => ({ ...application, sync: 'OutOfSync' });
    const { state, waited } = await look(world);
    expect(waited).toBe(READY_WITHIN_MS);
    expect(state).toMatchObject({ application: { sync: 'OutOfSync' } });
  });

  it('is asked for by the place that the Promotion names, and not without one', async () => {
    const world = new World();
    world.change.promotion = (promotion) => ({ ...promotion, applications: [] });
    const { state, looks } = await look(world);
    expect(state).toMatchObject({ application: null });
    expect(looks).toBe(0);
  });
});

async function look(world: World) {
  const begun = world.time;
  const context = {
    ...world.context({ readyTimeout: READY_WITHIN_MS }),
    demanded: <T>(_wait: string, work: () => Promise<T>) => work(),
  };
  const state = await lookAtApplication.perform(context, {});
  const looks = world.calls.filter((call) => call.startsWith('application')).length;
  return { state, waited: world.time - begun, looks };
}
