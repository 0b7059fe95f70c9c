import { describe, expect, it } from 'vitest';
import { rehearse } from './program.ts';

/** Two minutes are promised; a busy machine gets more here, because absolute times decide nothing. */
const LIMIT_MS = 400_000;

/** ws-smoke and ws-reliability judge both, besides canary-comparison the canary and collector-smoke production. */
const CHECKS: Readonly<Record<string, number>> = { canary: 21, full: 24 };

describe('a rehearsal of this working tree', () => {
  it(
    'promotes version 2 to full with every check passed and every frame accounted for',
    async () => {
      const { code, stdout, result, report, leftovers } = await rehearse(['--json']);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toEqual(result);
      expect(result?.verdict).toBe('PROMOTED');
      expect(
        result?.promotions.map(({ stage, version, phase }) => [stage, version, phase]),
      ).toEqual([
        ['canary', 1, 'Succeeded'],
        ['full', 1, 'Succeeded'],
        ['canary', 2, 'Succeeded'],
        ['full', 2, 'Succeeded'],
      ]);
      for (const verification of result?.verifications ?? []) {
        const checks = verification.evidence?.checks.map(({ id, status }) => [id, status]) ?? [];
        expect(checks).toHaveLength(CHECKS[verification.stage] ?? 0);
        expect(checks.filter(([, status]) => status !== 'pass')).toEqual([]);
      }
      expect(result?.verifications.map(({ stage, phase }) => [stage, phase])).toEqual([
        ['canary', 'Successful'],
        ['full', 'Successful'],
      ]);
      expect(result?.accounts.map(({ stage }) => stage)).toEqual(['canary', 'full']);
      for (const account of result?.accounts ?? []) {
        expect(account.archived).toBeGreaterThan(300);
        expect(account.missing).toBe(0);
        expect(account.sent).toBe(account.archived + account.inGaps);
      }
      expect(result?.overrides.length).toBeGreaterThan(15);
      expect(report).toContain('<!doctype html>');
      expect(report).not.toMatch(/<script|src=|href="http/);
      expect(leftovers).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'ends every process and removes every folder when it is interrupted in the middle',
    async () => {
      let interrupted = false;
      const { code, stderr, leftovers, result } = await rehearse([], (child, seen) => {
        child.stdout?.on('data', () => {
          if (interrupted || !seen().includes('observe the recorder')) return;
          interrupted = true;
          child.kill('SIGINT');
        });
      });
      expect(interrupted).toBe(true);
      expect(code).toBe(130);
      expect(stderr).toContain('INTERRUPTED');
      expect(result).toBeNull();
      expect(leftovers).toEqual([]);
    },
    LIMIT_MS,
  );
});
