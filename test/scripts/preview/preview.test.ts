import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkoutSource } from '../../../scripts/preview/checkout.ts';
import { markdownReport } from '../../../scripts/preview/markdown-report.ts';
import { page } from '../../../scripts/preview/page.ts';
import { preview } from '../../../scripts/preview/preview.ts';
import type { PreviewRequest } from '../../../scripts/preview/request.ts';
import type { PreviewResult } from '../../../scripts/preview/result.ts';
import type { PreviewSource } from '../../../scripts/preview/source.ts';
import { subjectOf } from '../../../scripts/preview/subject.ts';
import { textReport } from '../../../scripts/preview/text-report.ts';
import { SETTINGS } from '../../settings.ts';
import { type BundleCheckout, bundleCheckout, fingerprint } from './bundle-checkout.ts';

const NAMESPACE = SETTINGS.productionNamespace;

const MAIN = fileURLToPath(new URL('../../../scripts/preview/main.ts', import.meta.url));
const SATURDAY = '2026-11-21T15:00:00Z';
const FRIDAY = '2026-11-20T15:00:00Z';
const DIGEST = `sha256:${'d1'.repeat(32)}`;
const NAMED = { freight: '', image: DIGEST, commit: '' };

let checkout: BundleCheckout;
let source: PreviewSource;
let temporary: string;

beforeAll(async () => {
  checkout = bundleCheckout();
  temporary = mkdtempSync(join(tmpdir(), 'orderbooks-preview-test-'));
  source = await checkoutSource(checkout.root, temporary);
}, 120_000);
afterAll(() => {
  checkout.remove();
  rmSync(temporary, { recursive: true, force: true });
});

async function previewed(
  changes: Partial<PreviewRequest> & { readonly time?: string } = {},
): Promise<PreviewResult> {
  const { time = SATURDAY, ...rest } = changes;
  return preview({
    root: checkout.root,
    stage: 'full',
    source,
    subject: await subjectOf(NAMED, source, checkout.root, 'full'),
    at: new Date(time),
    actor: 'alice',
    uiUrl: '',
    configMaps: new Map(),
    assumeEvidence: true,
    ...rest,
  });
}

describe('a preview', { timeout: 120_000 }, () => {
  it('says what a good promotion would do, step by step, and pushes nothing', async () => {
    const before = fingerprint(checkout.root, checkout.remote);
    const result = await previewed();
    expect(fingerprint(checkout.root, checkout.remote)).toEqual(before);
    expect(result).toMatchObject({ verdict: 'PROMOTES', refusedAtCreation: null });
    expect(result.gates.map(({ gate, passes }) => [gate, passes])).toEqual([
      ['market-gate', true],
      ['evidence-gate', true],
      ['market-gate-before-push', true],
    ]);
    expect(result.steps.find(({ uses }) => uses === 'kustomize-set-image')?.config).toMatchObject({
      images: [{ digest: DIGEST }],
    });
    expect(result.branch).toMatchObject({ pushed: true, problem: null, before: null });
    expect(result.branch.objects.map(({ id }) => id)).toContain(
      `apps/Deployment ${NAMESPACE}/orderbooks-ws-recorder`,
    );
  });

  it('of a refused promotion still says what every gate decides and what would be rendered', async () => {
    const result = await previewed({ time: FRIDAY, assumeEvidence: false });
    expect(result).toMatchObject({
      verdict: 'REFUSED',
      summary: 'market-gate refuses it, and nothing is pushed',
    });
    const [market, evidence] = result.gates;
    expect(market?.reason).toContain('US equities trade 14:30-21:00 UTC');
    expect(evidence).toMatchObject({ gate: 'evidence-gate', passes: false });
    expect(evidence?.reason).toContain('have not judged this image and commit');
    expect(result.branch).toMatchObject({ pushed: false, problem: null });
    expect(result.branch.objects.length).toBeGreaterThan(10);
  });

  it('lets a ticket open the gate, and says that it is spent', async () => {
    const { record } = await subjectOf(NAMED, source, checkout.root, 'full');
    const ticket = {
      id: 'INC-42',
      stage: 'full',
      freight: record.freight.name,
      operator: 'alice',
      approver: '-',
      justification: 'the recorder loses frames right now',
      expiresAt: '2026-11-20T16:00:00Z',
    };
    const result = await previewed({
      time: FRIDAY,
      configMaps: new Map([['break-glass', ticket]]),
    });
    expect(result.verdict).toBe('PROMOTES');
    expect(result.gates[0]?.reason).toMatch(
      /US equities trade .*ticket INC-42 opens it and is spent/,
    );
  });

  it('compares with the branch that runs, field by field, and remembers its Freight', async () => {
    // What runs: the same overlay with another image, an object too many, and the trailers that Kargo writes.
    const own = bundleCheckout();
    try {
      const first = await subjectOf(NAMED, source, own.root, 'full');
      own.git('checkout', '--quiet', '--orphan', 'stage/full');
      own.git('rm', '-r', '--quiet', '--force', '.');
      writeFileSync(
        join(own.root, 'orderbooks-configmap-left-over.yaml'),
        `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: left-over\n  namespace: ${NAMESPACE}\n`,
      );
      writeFileSync(
        join(own.root, 'orderbooks-serviceaccount-orderbooks-uploader.yaml'),
        `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: orderbooks-uploader\n  namespace: ${NAMESPACE}\nautomountServiceAccountToken: true\n`,
      );
      own.git('add', '--all');
      own.git(
        'commit',
        '--quiet',
        '--message',
        `full: 1\n\nFreight: ${first.record.freight.name}\nPromotion: full.1\nSource-Commit: ${own.commit}\nImage: ${SETTINGS.imageRepository}@${DIGEST}`,
      );
      own.git('checkout', '--quiet', 'main');
      const remembering = await checkoutSource(own.root, temporary);
      const subject = await subjectOf(
        { freight: first.record.freight.name.slice(0, 9), image: '', commit: '' },
        remembering,
        own.root,
        'full',
      );
      const result = await previewed({
        root: own.root,
        source: remembering,
        subject,
        assumeEvidence: false,
      });
      expect(result.gates[1]).toMatchObject({
        passes: true,
        reason: 'the Freight ran in this Stage before',
      });
      const byId = new Map(result.branch.objects.map((object) => [object.id, object]));
      expect(byId.get(`ConfigMap ${NAMESPACE}/left-over`)).toMatchObject({
        change: 'removed',
        effect: 'prune',
      });
      const account = byId.get(`ServiceAccount ${NAMESPACE}/orderbooks-uploader`);
      expect(account).toMatchObject({ change: 'changed', effect: 'apply' });
      expect(account?.fields).toContainEqual({
        path: 'automountServiceAccountToken',
        before: true,
        after: false,
      });
    } finally {
      own.remove();
    }
  });

  it('pushes nowhere even if the manifests name a repository of this machine', async () => {
    const before = fingerprint(checkout.remote);
    const aimed = new Map(
      source.objects.map((object) => [
        object,
        {
          ...object,
          value: JSON.parse(
            JSON.stringify(object.value).replaceAll(SETTINGS.repoURL, checkout.remote),
          ),
        },
      ]),
    );
    const objects = source.objects.map((object) => aimed.get(object) ?? object);
    const applications = JSON.parse(
      JSON.stringify(source.applications).replaceAll(SETTINGS.repoURL, checkout.remote),
    );
    const local = { ...source, objects, applications };
    const subject = await subjectOf(NAMED, local, checkout.root, 'full');
    expect(await previewed({ source: local, subject })).toMatchObject({ verdict: 'PROMOTES' });
    expect(fingerprint(checkout.remote)).toEqual(before);
  });

  it('is told in text, as a page and for a pull request, with nothing of it taken for markup', async () => {
    const result = await previewed({ time: FRIDAY });
    const hostile = { ...result, summary: '<script>alert(1)</script> | `x` @everyone' };
    expect(textReport(result, true)).toContain(
      'refuses market-gate: Market gate: US equities trade',
    );
    const shown = page(hostile);
    expect(shown).not.toContain('<script>');
    expect(shown).not.toMatch(/(src|href)=/);
    const comment = markdownReport(hostile);
    expect(comment).toContain('| <code>market-gate</code> | **refuses** |');
    expect(comment).not.toContain('<script>');
    expect(comment).not.toContain('@everyone');
    const many = {
      ...result.branch,
      objects: Array.from({ length: 999 }, () => result.branch.objects).flat(),
    };
    expect(markdownReport({ ...result, branch: many }).length).toBeLessThan(65_536);
  });

  it('says in every form which step was simulated, and why', async () => {
    const notify = {
      as: 'notify',
      uses: 'http',
      config: { method: 'POST', url: 'https://hooks.example.com/release' },
    };
    const objects = source.objects.map((object) => {
      const value = structuredClone(object.value) as typeof object.value & {
        metadata: { name: string };
        spec: { promotionTemplate: { spec: { steps: unknown[] } } };
      };
      if (value.kind !== 'Stage' || value.metadata.name !== 'full') return object;
      value.spec.promotionTemplate.spec.steps.push(notify);
      return { ...object, value };
    });
    const result = await previewed({ source: { ...source, objects } });
    const why = 'no request was sent to hooks.example.com: only this machine is reached here';
    const simulated = result.steps.filter((step) => step.simulated !== null);
    expect(simulated).toMatchObject([{ alias: 'notify', status: 'Succeeded' }]);
    expect(JSON.parse(JSON.stringify(simulated[0])).simulated).toContain(why);
    expect(textReport(result, false)).toMatch(new RegExp(`notify \\(http\\): .*simulated: ${why}`));
    expect(page(result)).toContain(`simulated: ${why}`);
    expect(markdownReport(result)).toContain(`- <code>notify</code> (<code>http</code>): ${why}`);
    expect(markdownReport(await previewed())).not.toContain('Simulated');
  });
});

describe('the command', { timeout: 120_000 }, () => {
  const run = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [MAIN, '--root', checkout.root, ...words],
      { encoding: 'utf8', env: { ...process.env, TMPDIR: temporary } },
    );
    return { status, stdout, stderr };
  };

  it('ends with 1 for a refusal, prints JSON, and leaves neither files nor pushes', () => {
    const before = fingerprint(checkout.root, checkout.remote);
    const left = readdirSync(temporary);
    const { status, stdout } = run('--image', DIGEST, '--at', FRIDAY, '--format', 'json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'REFUSED', source: 'checkout' });
    expect(fingerprint(checkout.root, checkout.remote)).toEqual(before);
    expect(readdirSync(temporary)).toEqual(left);
  });

  it.each([
    ['a Freight and a commit', ['--freight', 'x', '--commit', 'HEAD'], 'USAGE'],
    ['a time without a zone', ['--at', '2026-11-20 15:00'], 'expected a time like'],
    ['a folder that is no checkout', ['--root', tmpdir()], 'NOT_A_CHECKOUT'],
    ['an output in no folder', ['--output', '/nonexistent/p.txt'], 'OUTPUT_UNWRITABLE'],
  ])('says what is wrong with %s and ends with 2', (_, words, code) => {
    const { status, stderr } = run(...words);
    expect(stderr).toContain(code);
    expect(status).toBe(2);
  });
});

describe('what cannot be tried is refused with what was expected', () => {
  it.each([
    ['no such commit', { commit: 'f'.repeat(40) }, 'COMMIT_UNKNOWN'],
    ['an option for a commit', { commit: '--all' }, 'COMMIT_UNKNOWN'],
    ['a tag for an image', { image: `${SETTINGS.imageRepository}:1` }, 'IMAGE_UNCLEAR'],
    ['another repository', { image: `registry.example.com/other@${DIGEST}` }, 'IMAGE_UNCLEAR'],
    ['no such Freight', { freight: 'nobody' }, 'FREIGHT_UNKNOWN'],
  ])('%s', async (_, changes, code) => {
    const asked = { freight: '', image: '', commit: '', ...changes };
    await expect(subjectOf(asked, source, checkout.root, 'full')).rejects.toMatchObject({ code });
  });

  it('no such Stage', async () => {
    await expect(previewed({ stage: 'staging' })).rejects.toMatchObject({ code: 'STAGE_UNKNOWN' });
  });
});
