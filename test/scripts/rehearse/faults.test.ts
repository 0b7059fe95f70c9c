import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GATES } from '../../../runtime/gates/gates.ts';
import { FAULTS, faultNamed } from '../../../scripts/rehearse/fault-catalogue.ts';
import { applyPatches } from '../../../scripts/rehearse/faults.ts';
import { type Rehearsed, rehearse } from './program.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** Of a set-up with several defects; a busy machine gets more, because absolute times decide nothing. */
const LIMIT_MS = 1_200_000;
const GROUPS = 3;
/** It waits longest, and has a rehearsal for itself: that works too. */
const SINGLE = 'wrong-image';
/** Checks whose defect no other check sees: without their gates it would be promoted. */
const ALONE = ['comparison-events', 'checkpoints-continue'];

describe('the catalogue of faults', () => {
  it('has a place in the code for every defect, exactly once', () => {
    for (const { name, patches } of FAULTS) {
      for (const { file, find, replace } of patches) {
        const places = readFileSync(join(ROOT, file), 'utf8').split(find).length - 1;
        expect(places, `${name} in ${file}`).toBe(1);
        expect(replace).not.toBe(find);
      }
    }
  });

  it('names a check that exists', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    const meant = FAULTS.map(({ check }) => check);
    const ids = Object.values(GATES).flatMap(({ checks }) => checks.map(({ id }) => id));
    for (const check of meant) expect(ids).toContain(check);
  });

  it('refuses a name that it does not know, and says which it knows', () => {
    expect(() => faultNamed('gremlins')).toThrow(/truncated-archives.*got gremlins/);
  });

  it('says so when the code no longer has the place that a defect changes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'orderbooks-faults-'));
    try {
      const fault = {
        ...faultNamed('no-checkpoints'),
        patches: [{ file: 'package.json', find: 'x', replace: 'y' }],
      };
      await expect(applyPatches(ROOT, fault)).rejects.toMatchObject({ code: 'FAULT_OUTDATED' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a release with a deliberate defect is refused in the canary by the check meant for it', () => {
  // Several defects share a set-up, and most of a rehearsal is waiting: these fit on two cores at a time.
  const shared = FAULTS.map(({ name }) => name).filter((name) => name !== SINGLE);
  const groups = Array.from({ length: GROUPS }, (_, group) =>
    shared.filter((_name, index) => index % GROUPS === group),
  );
  const begun = new Map<string, Promise<Rehearsed>>();
  const rehearsed = (name: string): Promise<Rehearsed> => {
    const group = groups.find((names) => names.includes(name))?.join(',') ?? name;
    const known = begun.get(group) ?? rehearse(['--fault', group]);
    begun.set(group, known);
    return known;
  };

  it.concurrent.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    '%s',
    async (name, fault) => {
      const { code, result, stderr, leftovers } = await rehearsed(name);
      const trials = result?.faultTrials;
      const at = trials === undefined ? 0 : trials.findIndex((one) => one.name === name);
      const trial = trials === undefined ? result : trials[at];
      expect(trial?.summary, stderr).toContain(fault.check);
      expect(trial?.verdict, trial?.summary).toBe('REFUSED');
      const canary = result?.verifications[at];
      expect(canary?.stage).toBe('canary');
      expect(canary?.phase).toBe('Failed');
      expect(canary?.evidence?.verdict).toBe('FAIL');
      const failed = canary?.evidence?.checks.filter(({ status }) => status === 'fail') ?? [];
      expect(failed.map(({ id }) => id)).toContain(fault.check);
      if (ALONE.includes(fault.check)) expect(failed.map(({ id }) => id)).toEqual([fault.check]);
      expect(failed.find(({ id }) => id === fault.check)?.reason).not.toBe('');
      expect(trial?.refusedPromotion?.message).toContain('Freight is not available to this Stage');
      expect(trial?.refusedPromotion?.fullUntouched).toBe(true);
      expect(
        result?.promotions.filter(({ stage, version }) => stage === 'full' && version === 2),
      ).toEqual([]);
      expect(leftovers).toEqual([]);
      // Some other defect of the group may have escaped; its own test says so.
      expect([1, 3]).toContain(code);
    },
    LIMIT_MS,
  );
});
