import { GATES, type Gate } from '../../../runtime/gates/gates.ts';
import type { Policy } from '../../../runtime/gates/policy.ts';
import { type GateRun, runGate } from '../../../runtime/gates/run.ts';
import type { World } from './world.ts';

export function wsSmoke(): Gate {
  const gate = GATES['ws-smoke'];
  if (gate === undefined) throw new Error('there is no gate ws-smoke');
  return gate;
}

/** Runs the gate ws-smoke in a world. */
export function run(world: World, policy: Partial<Policy> = {}): Promise<GateRun> {
  return runGate(wsSmoke(), world.context(policy));
}
