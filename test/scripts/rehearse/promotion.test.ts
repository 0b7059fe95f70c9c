import { describe, expect, it } from 'vitest';
import type { AccessUse } from '../../../scripts/rehearse/cluster/access-record.ts';
import { accessGranted } from '../../manifests/granted.ts';
import { SETTINGS } from '../../settings.ts';
import { rehearse } from './program.ts';

/** Two minutes are promised; a busy machine gets more here, because absolute times decide nothing. */
const LIMIT_MS = 400_000;

/** ws-smoke and ws-reliability judge both, besides canary-comparison the canary and collector-smoke production. */
const CHECKS: Readonly<Record<string, number>> = { canary: 21, full: 24 };

/** What the verifier may and a promotion of two versions gives no reason to, each with its own. */
const UNUSED: Readonly<Record<string, string>> = {
  [`delete configmaps in ${SETTINGS.project}`]: 'only runs beyond keepRuns are deleted',
};

/** Everything that the Roles of the manifests let the verifier do. */
function granted(): readonly string[] {
  return ['argocd', 'kargo', 'gitops/overlays/canary', 'gitops/overlays/full']
    .flatMap((kustomization) => accessGranted(kustomization, 'orderbooks-verifier'))
    .toSorted();
}

/** What was asked of the small API server, by the verifiers: no other pod of the bundle has a token. */
function accessOf(uses: readonly AccessUse[]) {
  expect(new Set(uses.map(({ user }) => user))).toEqual(
    new Set([`system:serviceaccount:${SETTINGS.project}:orderbooks-verifier`]),
  );
  const words = (allowed: boolean) =>
    uses
      .filter((use) => use.allowed === allowed)
      .map(({ verb, resource, namespace }) => `${verb} ${resource} in ${namespace}`);
  return { used: words(true), refused: words(false) };
}

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
      const { used, refused } = accessOf(result?.access ?? []);
      expect(refused).toEqual([]);
      expect([...used, ...Object.keys(UNUSED)].toSorted()).toEqual(granted());
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
