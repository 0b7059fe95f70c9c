import { GATES, type Gate } from '../../../runtime/gates/gates.ts';
import type { Policy } from '../../../runtime/gates/policy.ts';
import { type GateRun, runGate } from '../../../runtime/gates/run.ts';
import type { World } from './world.ts';

export function gateNamed(name: string): Gate {
  const gate = GATES[name];
  if (gate === undefined) throw new Error(`there is no gate ${name}`);
  return gate;
}

export function wsSmoke(): Gate {
  return gateNamed('ws-smoke');
}

/** Runs the gate ws-smoke, or another one, in a world. */
export function run(
  world: World,
  policy: Partial<Policy> = {},
  gate = 'ws-smoke',
): Promise<GateRun> {
  return runGate(gateNamed(gate), world.context(policy));
}
