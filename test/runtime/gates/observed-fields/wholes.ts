import type { Policy } from '../../../../runtime/gates/policy.ts';
import { collector, World } from '../world.ts';

/** A world in which a gate passes. */
export interface Whole {
  readonly name: string;
  readonly gate: string;
  readonly policy: Partial<Policy>;
  make(): World;
}

/** Long enough for everything that comes, short for what never does. */
const SHORT = {
  dataTimeout: 31_000,
  readyTimeout: 10_000,
  observation: 20_000,
  freshness: 15_000,
  reconnectWithin: 20_000,
};

/** Every gate, and each way in which one looks at other things. */
export const WHOLES: readonly Whole[] = [
  {
    name: 'ws-smoke beside a collector',
    gate: 'ws-smoke',
    policy: SHORT,
    make: () => {
      const world = new World();
      world.change.collector = () => collector();
      return world;
    },
  },
  {
    name: 'ws-smoke without a restart',
    gate: 'ws-smoke',
    policy: { ...SHORT, restart: 'observe' },
    make: () => new World(),
  },
  {
    name: 'collector-smoke',
    gate: 'collector-smoke',
    policy: SHORT,
    make: () => new World({ collector: true }),
  },
  {
    name: 'ws-reliability',
    gate: 'ws-reliability',
    policy: { ...SHORT, observation: 60_000 },
    make: () => new World(),
  },
  {
    name: 'canary-comparison',
    gate: 'canary-comparison',
    policy: SHORT,
    make: () => new World(),
  },
];
