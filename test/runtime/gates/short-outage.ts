import type { Policy } from '../../../runtime/gates/policy.ts';
import { World } from './world.ts';

/** A world whose recorder has no connection for ten seconds of a reliability window that allows twenty, policy and gate. */
export function shortOutage(): [World, Partial<Policy>, string] {
  const world = new World();
  const begun = world.time;
  world.change.metrics = (text) =>
    world.time > begun + 10_000 && world.time < begun + 20_000
      ? text.replace('connections_open 1', 'connections_open 0')
      : text;
  return [world, { freshness: 15_000, reconnectWithin: 20_000 }, 'ws-reliability'];
}
