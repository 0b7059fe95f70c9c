import { type BrokenWorld, brokenWorlds } from './broken-world.ts';
import { eachArchive } from './broken-worlds.ts';
import { gap, type World } from './world.ts';

const broken = brokenWorlds('ws-smoke');

/** Where the rollout's own restart is judged, as in production: the promoted pod's run is the only one of this gate. */
export const BROKEN_OBSERVED_WORLDS: readonly BrokenWorld[] = [
  broken(
    'connections-recover',
    'where nothing is restarted, a lost connection never comes back',
    (world) => lostForGood(world),
    { restart: 'observe', reconnectWithin: 10_000 },
  ),
  broken(
    'sequences-gapless',
    'where nothing is restarted, the first rows of a run were never there',
    (world) => eachArchive(world, 'ws_raw_0_promoted', { first_sequence: 5 }),
    { restart: 'observe' },
  ),
];

function lostForGood(world: World): void {
  world.change.gaps = (gaps, run) =>
    run === 'promoted' && gaps.some((row) => row.reason === 'connect')
      ? [...gaps, gap('disconnect', Date.parse(gaps[0]?.at ?? '') + 100, 'promoted-1', 5)]
      : gaps;
}
