import type { CheckId } from '../../../runtime/gates/check.ts';
import type { Policy } from '../../../runtime/gates/policy.ts';
import { World } from './world.ts';

/** A world with one defect that one check must refuse, and no other. */
export interface BrokenWorld {
  readonly gate: string;
  readonly check: CheckId;
  readonly defect: string;
  readonly policy?: Partial<Policy>;
  make(): World;
}

/** Makes broken worlds for a gate from the whole ones of `whole`; `usual` is the policy of those that have none. */
export function brokenWorlds(gate: string, whole = () => new World(), usual?: Partial<Policy>) {
  return (
    check: CheckId,
    defect: string,
    breakIt: (world: World) => void,
    policy = usual,
  ): BrokenWorld => ({
    gate,
    check,
    defect,
    ...(policy === undefined ? {} : { policy }),
    make: () => {
      const world = whole();
      breakIt(world);
      return world;
    },
  });
}
