import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { report } from '../../../scripts/validate/report.ts';
import type { RuleName } from '../../../scripts/validate/rule-names.ts';
import { FOLDERS } from '../../../scripts/validate/sources.ts';
import { validateBundle } from '../../../scripts/validate/validate.ts';
import { SETTINGS } from '../../settings.ts';
import { folderWith } from './folder.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The calendar is committed for two years; what is judged here is the bundle. */
const TODAY = '2026-11-21';

/** What the Warehouse watches besides the folders with manifests; it is only asked whether they are there. */
const WATCHED = {
  Dockerfile: '',
  'package-lock.json': '',
  'package.json': '',
  'runtime/main.ts': '',
};

/** Twenty-nine renders, each a process of its own; a busy machine takes ten times as long as an idle one. */
const COMBINATIONS_MS = 180_000;

describe('the bundle of this repository', () => {
  it(
    'has no findings in any combination, and everything in it was looked at',
    async () => {
      const result = await validateBundle(ROOT, { today: TODAY, combinations: true });
      expect(result.findings).toEqual([]);
      expect(result.notChecked).toEqual([]);
      expect(result.checked.renders).toBeGreaterThanOrEqual(4);
      for (const count of Object.values(result.checked)) expect(count).toBeGreaterThan(0);
      expect(report.parse(result)).toEqual(result);
    },
    COMBINATIONS_MS,
  );

  it.each<Breakage>([
    {
      fault: 'an expression in a block of a task',
      file: 'kargo/promotiontask-render.yaml',
      from: 'Promotion: ${{ ctx.promotion }}',
      to: 'Promotion: ${{ ctx.promotion. }}',
      rule: 'kargo/expression',
      before: 'Promotion: ${{ ctx.promotion.',
    },
    {
      fault: 'a criteria expression that a replacement writes into',
      file: 'kargo/warehouse.yaml',
      from: '.Tag == commitFrom',
      to: '.Tag = commitFrom',
      rule: 'kargo/expression',
      before: 'expression: ',
    },
    {
      fault: 'a variable that a task needs, taken from one Stage',
      file: 'kargo/stage-full.yaml',
      from: '  - name: application\n    value: orderbooks-full\n',
      to: '',
      rule: 'kargo/variable-missing',
      before: 'as: publish\n        task:\n          name: ',
    },
    {
      fault: 'an Application that another Stage may sync',
      file: 'argocd/application-full.yaml',
      from: `${SETTINGS.project}:full`,
      to: `${SETTINGS.project}:canary`,
      rule: 'argocd/not-authorised',
      before: 'kargo.akuity.io/authorized-stage: ',
    },
    {
      fault: 'a repository URL that one Application does not take from the settings',
      file: 'argocd/kustomization.yaml',
      from: 'select: {kind: Application}',
      to: 'select: {kind: Application, name: orderbooks-canary}',
      rule: 'argocd/repo-url',
      at: 'argocd/application-full.yaml',
      before: 'repoURL: ',
    },
    {
      fault: 'an object of a base that two overlays share, said once',
      file: 'gitops/base/rolebinding-verifier.yaml',
      from: 'apiVersion: rbac.authorization.k8s.io/v1\n',
      to: '',
      rule: 'kustomize/incomplete-object',
      before: /^(#.*\n)*/,
    },
    {
      fault: 'a task that is not listed any more',
      file: 'kargo/kustomization.yaml',
      from: '- promotiontask-render.yaml\n',
      to: '',
      rule: 'kustomize/not-listed',
      at: 'kargo/promotiontask-render.yaml',
      before: /^(#.*\n)*/,
    },
  ])('gives one finding, at its place: $fault', async ({ file, from, to, rule, at, before }) => {
    await using folder = await folderWith(WATCHED);
    for (const name of FOLDERS) {
      await cp(join(ROOT, name), join(folder.path, name), { recursive: true });
    }
    const text = await readFile(join(folder.path, file), 'utf8');
    expect(text).toContain(from);
    await writeFile(
      join(folder.path, file),
      text.replace(from, () => to),
    );
    const { findings } = await validateBundle(folder.path, { today: TODAY });
    const seen = findings.map((finding) => [
      finding.rule,
      finding.file,
      finding.line,
      finding.column,
    ]);
    const place = at ?? file;
    const lines = textThrough(await readFile(join(folder.path, place), 'utf8'), before).split('\n');
    expect(seen).toEqual([[rule, place, lines.length, (lines.at(-1) ?? '').length + 1]]);
  });
});

interface Breakage {
  readonly fault: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly rule: RuleName;
  /** File of the finding, if it is not the changed one. */
  readonly at?: string;
  /** What stands right before the place of the finding. */
  readonly before: string | RegExp;
}

function textThrough(text: string, marker: string | RegExp): string {
  const found = typeof marker === 'string' ? marker : (marker.exec(text)?.[0] ?? '');
  const index = text.indexOf(found);
  expect(index).toBeGreaterThanOrEqual(0);
  return text.slice(0, index + found.length);
}
