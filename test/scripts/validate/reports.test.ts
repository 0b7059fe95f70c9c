import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { githubReport } from '../../../scripts/validate/github-report.ts';
import type { Report } from '../../../scripts/validate/report.ts';
import { RULE_NAMES } from '../../../scripts/validate/rule-names.ts';
import { sarifReport } from '../../../scripts/validate/sarif-report.ts';

const FINDING = {
  rule: 'kargo/unknown-step',
  severity: 'error',
  file: 'kargo/a task.yaml',
  line: 8,
  column: 11,
  sourceLine: '  - uses: git-comit',
  message: 'Kargo has no step git-comit, <b> & 100 %',
  fix: 'did you mean git-commit?',
  page: 'docs/rules/kargo-unknown-step.md',
} as const;

const REPORT: Report = {
  version: 1,
  root: '/srv/bundle',
  renderedWith: 'kustomize 5.8.1',
  checked: {
    files: 3,
    documents: 3,
    objects: 2,
    renders: 1,
    combinations: 0,
    steps: 1,
    expressions: 0,
  },
  notChecked: [{ what: 'chart/templates/a.yaml', why: 'a template of a Helm chart' }],
  findings: [FINDING, { ...FINDING, severity: 'warning', rule: 'yaml/several-documents' }],
  suppressed: [{ ...FINDING, line: 9, reason: 'our own build' }],
};

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('SARIF', () => {
  it('is a log of version 2.1.0 with one run, whose results point at their rules', () => {
    expect(sarifReport(REPORT)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 'orderbooks-validate' } },
          results: [
            {
              ruleId: 'kargo/unknown-step',
              ruleIndex: RULE_NAMES.indexOf('kargo/unknown-step'),
              level: 'error',
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'kargo/a%20task.yaml', uriBaseId: 'ROOT' },
                    region: { startLine: 8, startColumn: 11 },
                  },
                },
              ],
              suppressions: [],
            },
            { level: 'warning' },
            { suppressions: [{ kind: 'inSource', justification: 'our own build' }] },
          ],
        },
      ],
    });
  });

  it('describes every rule once, with its page', () => {
    const { runs } = sarifReport(REPORT) as {
      runs: { tool: { driver: { rules: { id: string; help: { markdown: string } }[] } } }[];
    };
    const rules = runs[0]?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(RULE_NAMES);
    for (const { id, help } of rules) expect(help.markdown.startsWith(`# ${id}\n`)).toBe(true);
  });
});

describe("GitHub's annotations", () => {
  it('name file, line and column relative to the workspace, escaped, one line each', async () => {
    const written = await annotations({ GITHUB_WORKSPACE: '/srv' });
    expect(written).toEqual([
      '::error title=kargo/unknown-step,file=bundle/kargo/a task.yaml,line=8,col=11::Kargo has no step git-comit, <b> & 100 %25%0Afix: did you mean git-commit?%0Aabout this rule: docs/rules/kargo-unknown-step.md',
      expect.stringMatching(/^::warning title=yaml\/several-documents,/),
      '::notice title=kargo/unknown-step,file=bundle/kargo/a task.yaml,line=9::suppressed: our own build',
    ]);
  });

  it('come with a summary of the job, as HTML that quotes nothing unescaped', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'orderbooks-summary-'));
    try {
      const file = join(folder, 'summary.md');
      await writeFile(file, '');
      vi.stubEnv('GITHUB_STEP_SUMMARY', file);
      await annotations({ GITHUB_STEP_SUMMARY: file });
      const summary = await readFile(file, 'utf8');
      expect(summary).toContain('<td>kargo/a task.yaml:8:11</td>');
      expect(summary).toContain('&lt;b&gt; &amp; 100 %');
      expect(summary).toContain('suppressed: our own build');
      expect(summary).toContain('a template of a Helm chart');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function annotations(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const written: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  await githubReport(REPORT, environment);
  vi.restoreAllMocks();
  return written.join('').split('\n').filter(Boolean);
}
