import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../scripts/validate/report.ts';
import { RULE_NAMES } from '../../../scripts/validate/rule-names.ts';
import { validateBundle } from '../../../scripts/validate/validate.ts';
import { changingKustomize } from './changing-kustomize.ts';
import { TREES } from './trees.ts';

const INVALID = fileURLToPath(new URL('../../invalid/', import.meta.url));

describe('every tree in test/invalid gives exactly the finding that it is about, at its place', () => {
  it('the trees on disk are those with an expected finding', () => {
    expect(readdirSync(INVALID).toSorted()).toEqual(Object.keys(TREES).toSorted());
  });

  it('every rule has a tree', () => {
    const rules = new Set(Object.values(TREES).map(([rule]) => rule));
    expect(RULE_NAMES.filter((rule) => !rules.has(rule))).toEqual([]);
  });

  it.each(Object.entries(TREES))('%s', async (fault, [rule, place]) => {
    await using program = await changingKustomize();
    const today = '2026-02-01';
    const options =
      fault === 'changing-render' ? { program, today } : { today, combinations: true };
    const { findings } = await validateBundle(join(INVALID, fault), options);
    expect(findings.map((finding) => [finding.rule, placeOf(finding)])).toEqual([[rule, place]]);
    for (const { file, line, column, sourceLine, message, fix } of findings) {
      const written = readFileSync(join(INVALID, fault, file), 'utf8').split('\n')[line - 1];
      expect(sourceLine).toBe(written);
      expect(column).toBeLessThanOrEqual(sourceLine.length + 1);
      expect(message).not.toContain(INVALID);
      expect(fix).not.toBe('');
    }
  });
});

function placeOf({ file, line, column }: Finding): string {
  return `${file}:${line}:${column}`;
}
