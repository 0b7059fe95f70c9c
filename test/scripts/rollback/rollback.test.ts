import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkoutSource } from '../../../scripts/preview/checkout.ts';
import type { RenderedCommit } from '../../../scripts/preview/history.ts';
import type { PreviewSource } from '../../../scripts/preview/source.ts';
import { lastGood, stageHistory } from '../../../scripts/rollback/candidates.ts';
import { incidentEntry } from '../../../scripts/rollback/incident.ts';
import { rollbackPlan } from '../../../scripts/rollback/plan.ts';
import { planText } from '../../../scripts/rollback/text.ts';
import { SETTINGS } from '../../settings.ts';
import { type BundleCheckout, bundleCheckout, fingerprint } from '../preview/bundle-checkout.ts';

/** Newest first, as git tells it, from letters oldest first. */
function commits(letters: string): readonly RenderedCommit[] {
  return [...letters]
    .map((letter, index) => ({
      commit: String(index).padStart(40, '0'),
      at: `2026-11-${String(10 + index)}T00:00:00.000Z`,
      freight: letter,
      promotion: `full.${index}`,
      sourceCommit: letter.repeat(40),
      image: `${SETTINGS.imageRepository}@sha256:${letter.repeat(64)}`,
      breakGlass: null,
    }))
    .toReversed();
}

describe('the last good Freight', () => {
  it.each([
    ['what ran before', 'AB', 'A'],
    ['nothing, when nothing else ran', 'A', null],
    ['nothing, when only what was rolled back ran', 'ABA', null],
    ['not what was rolled back', 'ABAC', 'A'],
    ['not what was rolled back, twice', 'ABCAD', 'A'],
    ['what was left for something newer, though it came back once', 'ABAB', 'A'],
    ['once, however often it was promoted', 'AABB', 'A'],
  ])('is %s (%s)', (_, letters, expected) => {
    expect(lastGood(stageHistory(commits(letters)))?.freight ?? null).toBe(expected);
  });

  it('is not one that its own gates refused', () => {
    const history = stageHistory(commits('ABC'), new Set(['B']));
    expect(lastGood(history)?.freight).toBe('A');
    expect(history.earlier.map(({ against }) => against)).toEqual([
      'its gates in this Stage refused it',
      null,
    ]);
  });

  it('ignores commits that are no promotion', () => {
    const [newest, ...others] = commits('AB');
    const byHand = { ...(newest as RenderedCommit), freight: null };
    expect(
      stageHistory([byHand, ...(newest === undefined ? [] : [newest]), ...others]),
    ).toMatchObject({
      current: { freight: 'B' },
    });
  });
});

describe('a rollback is prepared from a checkout', { timeout: 120_000 }, () => {
  let checkout: BundleCheckout;
  let source: PreviewSource;
  let home: string;
  const freight = 'ab'.repeat(20);

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'orderbooks-rollback-test-'));
    checkout = bundleCheckout();
    checkout.git('checkout', '--quiet', '--orphan', 'stage/full');
    checkout.git('rm', '-r', '--quiet', '--force', '.');
    for (const [name, digest] of [
      [freight, 'a1'],
      ['cd'.repeat(20), 'b2'],
    ] as const) {
      writeFileSync(join(checkout.root, 'x.yaml'), `# ${digest}\n`);
      checkout.git('add', '--all');
      checkout.git(
        'commit',
        '--quiet',
        '--message',
        `full: x\n\nFreight: ${name}\nPromotion: full.${digest}\nSource-Commit: ${checkout.commit}\nImage: ${SETTINGS.imageRepository}@sha256:${digest.repeat(32)}`,
      );
    }
    checkout.git('checkout', '--quiet', 'main');
    source = await checkoutSource(checkout.root, home);
  }, 120_000);
  afterAll(() => {
    checkout.remove();
    rmSync(home, { recursive: true, force: true });
  });
  const planned = (at: string, changes: { freight?: string; stage?: string } = {}) =>
    rollbackPlan({
      root: checkout.root,
      stage: 'full',
      source,
      freight: '',
      actor: 'alice',
      at: new Date(at),
      ...changes,
    });

  it('without new evidence while the market is closed, and nothing is changed', async () => {
    const before = fingerprint(checkout.root, checkout.remote);
    const plan = await planned('2026-11-21T15:00:00Z');
    expect(plan.target.freight).toBe(freight);
    expect(plan.preview).toMatchObject({ verdict: 'PROMOTES', freight: { name: freight } });
    const text = planText(plan);
    expect(text).toContain(`> Freight ${freight.slice(0, 12)}`);
    expect(text).toContain(
      `kargo promote --project ${SETTINGS.project} --stage full --freight ${freight}`,
    );
    expect(text).not.toContain('File a ticket');
    expect(fingerprint(checkout.root, checkout.remote)).toEqual(before);
  });

  it('and with the ticket that it needs while the market is open', async () => {
    const plan = await planned('2026-11-20T15:00:00Z');
    expect(plan.preview.verdict).toBe('REFUSED');
    expect(plan.todo[0]).toContain(`break-glass -- new --apply --stage full --freight ${freight}`);
  });

  it('but not to what never ran, and not for a Stage that never promoted', async () => {
    const at = '2026-11-21T15:00:00Z';
    await expect(planned(at, { freight: 'ff' })).rejects.toMatchObject({
      code: 'FREIGHT_NEVER_RAN',
    });
    await expect(planned(at, { stage: 'canary' })).rejects.toMatchObject({
      code: 'NOTHING_PROMOTED',
    });
  });
});

it('the entry of the incident log names both promotions and ends in the trailer', () => {
  const history = stageHistory(commits('AB'));
  const [to] = history.earlier;
  if (to === undefined) throw new Error('nothing ran before');
  const entry = incidentEntry({
    id: 'INC-42',
    stage: 'full',
    reason: 'stalls | and\ngaps',
    operator: 'alice',
    at: '2026-11-20T15:00:00Z',
    from: history.current,
    to,
  });
  expect(entry).toContain('| reason | stalls \\| and gaps |');
  expect(entry).toMatch(/\| from \| Freight B, .*promotion full\.1 \|\n\| to \| Freight A, /);
  expect(entry.trimEnd().split('\n').at(-1)).toBe('Rollback-To: full.0');
});
