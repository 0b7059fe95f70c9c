import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { pageOf, RULE_NAMES } from '../../../scripts/validate/rule-names.ts';
import { TREES } from './trees.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

it.each(RULE_NAMES)(
  'the page about %s has its name and links to the trees that break it',
  (rule) => {
    const page = readFileSync(`${ROOT}${pageOf(rule)}`, 'utf8');
    expect(page.startsWith(`# ${rule}\n`)).toBe(true);
    for (const [fault, [broken]] of Object.entries(TREES)) {
      expect(page.includes(`(../../test/invalid/${fault})`), fault).toBe(broken === rule);
    }
  },
);

it('there is no page without a rule', () => {
  const pages = readdirSync(`${ROOT}docs/rules`).map((page) => `docs/rules/${page}`);
  expect(pages.toSorted()).toEqual(RULE_NAMES.map(pageOf).toSorted());
});
