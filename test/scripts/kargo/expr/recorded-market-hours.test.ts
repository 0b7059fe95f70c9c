import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compile, type Program, run } from '../../../../scripts/kargo/expr/index.ts';
import { describeWithShared, sharedPath } from '../../../shared.ts';

const FILE = 'oracles/market-hours-expr.jsonl';

describeWithShared('the two market-hours expressions, as recorded', FILE, () => {
  it('say open and closed at the same instants, with a time zone and without', () => {
    const forms = JSON.parse(
      readFileSync(sharedPath('oracles/market-hours-forms.json'), 'utf8'),
    ) as Record<string, string>;
    const differences: string[] = [];
    let records = 0;
    for (const line of readFileSync(sharedPath(FILE), 'utf8').split('\n')) {
      if (line === '') continue;
      const { form, now, value } = JSON.parse(line) as Record<'form' | 'now', string> & {
        value: boolean;
      };
      records++;
      if (run(program(forms[form] ?? ''), { instant: now }) !== value) {
        differences.push(`${form} at ${now}: expected ${value}`);
      }
    }
    expect(differences).toEqual([]);
    expect(records).toBeGreaterThan(1_000);
  });
});

const programs = new Map<string, Program>();

/** The expression inside the template, its clock set by a variable. */
function program(template: string): Program {
  const known = programs.get(template);
  if (known !== undefined) return known;
  const source = template.replace(/^\$\{\{|\}\}$/g, '').replaceAll('now()', 'date(instant)');
  const compiled = compile(source);
  programs.set(template, compiled);
  return compiled;
}
