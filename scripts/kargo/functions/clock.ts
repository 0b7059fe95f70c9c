import type { FunctionTable } from '../expr/host.ts';
import { Location } from '../expr/location.ts';
import { fromMilliseconds } from '../expr/time.ts';
import type { World } from '../step.ts';

/** `now()` by the world's clock, so that a promotion can be tried at any time. */
export function clockFunctions(world: World): FunctionTable {
  return {
    now: {
      types: ['func() time.Time', 'func(*time.Location) time.Time'],
      call: (zone) => {
        const time = fromMilliseconds(world.now().getTime());
        return zone instanceof Location ? time.in(zone) : time;
      },
    },
  };
}
