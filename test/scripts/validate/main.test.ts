import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { report } from '../../../scripts/validate/report.ts';
import { folderWith } from './folder.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAIN = join(ROOT, 'scripts/validate/main.ts');
const UNKNOWN_STEP = join(ROOT, 'test/invalid/unknown-step');

describe('npm run validate', () => {
  // The limit is for busy machines: it starts Node and renders everything twice.
  it('ends with 0 on the bundle of this repository and says how much it checked', async () => {
    const { code, out, err } = await validate(['--today', '2026-11-21']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^checked \d+ files, \d+ documents, \d+ objects, \d+ promotion steps, \d+ expressions and \d+ renders, each made twice with .*kustomize.*\nno findings\n$/,
    );
  }, 120_000);

  it('ends with 1 on a finding and shows place, source line, remedy and page', async () => {
    const { code, out } = await validate([UNKNOWN_STEP]);
    expect(code).toBe(1);
    expect(out.split('\n').slice(0, 6)).toEqual([
      'kargo/promotiontask.yaml:8:11: error kargo/unknown-step: Kargo 1.11 has no step git-comit',
      '  8 |   - uses: git-comit',
      '    |           ^',
      '  fix: did you mean git-commit?',
      '  about this rule: docs/rules/kargo-unknown-step.md',
      '',
    ]);
    expect(out.trimEnd().endsWith('\n1 finding')).toBe(true);
  });

  it('gives the whole report as one line of JSON', async () => {
    const { code, out } = await validate(['--format', 'json', UNKNOWN_STEP]);
    expect(code).toBe(1);
    expect(out.split('\n')).toHaveLength(2);
    const { findings, version } = report.parse(JSON.parse(out));
    expect(version).toBe(1);
    expect(findings[0]).toMatchObject({ rule: 'kargo/unknown-step', line: 8, column: 11 });
  });

  it('explains itself with --help', async () => {
    const { code, out } = await validate(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('Exit codes:');
  });

  it.each([
    ['an unknown option', ['--frmat', 'json'], /unknown option '--frmat'/],
    ['an unknown format', ['--format', 'xml'], /xml.*choices are text, json/s],
    ['two folders', ['a', 'b'], /too many arguments/],
    ['a folder that is not there', ['/absent/bundle'], /expected to read \/absent\/bundle/],
  ])('ends with 2 on %s', async (_, args, message) => {
    const { code, out, err } = await validate(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).not.toContain('    at ');
  });

  it('ends with 2 where there is nothing to check', async () => {
    await using folder = await folderWith({ 'kargo/values.yaml': 'a: 1\n' });
    const { code, out, err } = await validate([folder.path]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('expected Kubernetes manifests');
  });

  it('ends with 2 without kustomize, and says how to get it', async () => {
    const { code, out, err } = await validate([UNKNOWN_STEP], { PATH: '/nowhere' });
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('neither kustomize nor kubectl is on PATH');
  });
});

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function validate(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { env: { ...process.env, ...environment } },
      (_, out, err) => resolve({ code: child.exitCode, out, err }),
    );
  });
}
