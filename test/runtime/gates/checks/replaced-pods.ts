import type { CheckOutcome } from '../../../../runtime/gates/check.ts';
import { cycleAfterRestart } from '../../../../runtime/gates/checks/cycle-after-restart.ts';
import { restartWrites } from '../../../../runtime/gates/checks/restart-writes.ts';
import { type Replacement, seenOf } from '../../../../runtime/gates/facts.ts';
import { JUDGED_FACTS } from '../../../../runtime/gates/judged-archives.ts';
import type { Pod } from '../../../../runtime/gates/platform.ts';
import { run } from '../run-in-world.ts';
import { OTHER_DIGEST, World } from '../world.ts';

/** What an act would not hand on, said to the check that comes after it. */
export interface ReplacedPodCase {
  readonly check: 'restart-writes' | 'cycle-after-restart';
  readonly what: string;
  readonly refused: RegExp;
  judge(): Promise<CheckOutcome>;
}

export const REPLACED_POD_CASES: readonly ReplacedPodCase[] = [
  recorder('the same pod', { uid: 'uid-promoted' }, /still the one that was deleted/),
  recorder('another digest', { imageDigest: OTHER_DIGEST }, /runs sha256:b/),
  recorder('a pod that is not ready', { ready: false }, /is not ready/),
  collector('the same pod', { uid: 'uid-collected' }, {}, /still the one that was deleted/),
  collector('another digest', { imageDigest: OTHER_DIGEST }, {}, /runs sha256:b/),
  collector('a pod that is not ready', { ready: false }, {}, /is not ready/),
  collector(
    'a cycle of before',
    {},
    { deletedAt: new Date('2026-11-21T12:00:00Z') },
    /before the restart/,
  ),
];

function recorder(what: string, wrong: Partial<Pod>, refused: RegExp): ReplacedPodCase {
  return {
    check: 'restart-writes',
    what,
    refused,
    async judge() {
      const world = new World();
      const { facts } = await run(world);
      const { restart } = facts;
      if (restart.state !== 'seen' || restart.value.mode !== 'provoke')
        throw new Error('no restart');
      const replacement = { ...restart.value.replacement, ...wrong };
      const seen = seenOf(
        { ...facts, restart: { ...restart, value: { ...restart.value, replacement } } },
        JUDGED_FACTS,
      );
      if ('missing' in seen) throw new Error('not seen');
      return restartWrites.run(world.context(), seen.seen);
    },
  };
}

function collector(
  what: string,
  wrong: Partial<Pod>,
  restart: Partial<Replacement>,
  refused: RegExp,
): ReplacedPodCase {
  return {
    check: 'cycle-after-restart',
    what,
    refused,
    async judge() {
      const world = new World({ collector: true });
      const { facts } = await run(world, {}, 'collector-smoke');
      const { collectorRestart: seen, cyclesAfter } = facts;
      if (seen.state !== 'seen' || cyclesAfter.state !== 'seen') throw new Error('no restart');
      const replacement = { ...seen.value.replacement, ...wrong };
      return cycleAfterRestart.run(world.context(), {
        collectorRestart: { ...seen.value, ...restart, replacement },
        cyclesAfter: cyclesAfter.value,
      });
    },
  };
}
