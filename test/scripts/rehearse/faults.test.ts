import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GATES } from '../../../runtime/gates/gates.ts';
import { FAULTS, faultNamed } from '../../../scripts/rehearse/fault-catalogue.ts';
import { applyPatches } from '../../../scripts/rehearse/faults.ts';
import { rehearse } from './program.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LIMIT_MS = 400_000;

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
    const ids = GATES['ws-smoke']?.checks.map(({ id }) => id);
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
  // Most of a rehearsal is waiting: several at a time fit on two cores.
  it.concurrent.each(FAULTS.map((fault) => [fault.name, fault] as const))(
    '%s',
    async (name, fault) => {
      const { code, result, leftovers } = await rehearse(['--fault', name]);
      expect(result?.summary).toContain(fault.check);
      expect(result?.verdict).toBe('REFUSED');
      expect(code).toBe(1);
      const [canary, ...rest] = result?.verifications ?? [];
      expect(rest).toEqual([]);
      expect(canary?.phase).toBe('Failed');
      expect(canary?.evidence?.verdict).toBe('FAIL');
      const check = canary?.evidence?.checks.find(({ id }) => id === fault.check);
      expect(check?.status).toBe('fail');
      expect(check?.reason).not.toBe('');
      expect(result?.refusedPromotion?.message).toContain('Freight is not available to this Stage');
      expect(result?.refusedPromotion?.fullUntouched).toBe(true);
      expect(
        result?.promotions.filter(({ stage, version }) => stage === 'full' && version === 2),
      ).toEqual([]);
      expect(leftovers).toEqual([]);
    },
    LIMIT_MS,
  );
});
