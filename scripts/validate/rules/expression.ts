import { suggestion } from '../../../runtime/config/suggestion.ts';
import { compile, ExprError } from '../../kargo/expr/index.ts';
import { type ExpressionText, expressionsIn } from '../expression-text.ts';
import { usesIn } from '../expression-uses.ts';
import type { Draft } from '../finding.ts';
import { FUNCTIONS } from '../functions.ts';
import type { Check } from '../rule.ts';
import { type Template, type TemplatePlace, templatesOf } from '../templates.ts';

/** Kargo compiles an expression only when its step's turn comes; a fault there ends a promotion half-way. */
export const checkExpressions: Check = function* ({ bundle, count }) {
  for (const object of bundle.objects) {
    for (const template of templatesOf(object)) {
      const { expressions, unclosed } = textsOf(template);
      for (const expression of expressions) {
        count('expressions');
        yield* faults(template, expression);
      }
      if (unclosed === null) continue;
      yield {
        rule: 'kargo/expression',
        at: object.atText(template.path, unclosed.at),
        message: `the expression that starts here has no end ${unclosed.end}`,
        fix: `close it with ${unclosed.end}`,
      };
    }
  }
};

function textsOf({ place, text }: Template): ReturnType<typeof expressionsIn> {
  return place === 'criteria'
    ? { expressions: [{ source: text, from: 0 }], unclosed: null }
    : expressionsIn(text);
}

function* faults(template: Template, { source, from }: ExpressionText): Generator<Draft> {
  const { object, path, place } = template;
  const functions = FUNCTIONS[place];
  try {
    compile(source, { functions });
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    yield {
      rule: 'kargo/expression',
      at: object.atText(path, from + unitOf(source, error.line, error.column)),
      message: `this expression does not ${error.stage}: ${error.reason}; it is: ${source.trim()}`,
      fix: 'correct the expression; its language is expr-lang 1.17 (https://expr-lang.org/docs/language-definition)',
    };
    return;
  }
  for (const { path: name, called, at } of usesIn(source, functions) ?? []) {
    const [called1 = ''] = name;
    if (!called || Object.hasOwn(functions, called1)) continue;
    const elsewhere = Object.hasOwn(FUNCTIONS.step, called1);
    const near = suggestion(called1, Object.keys(functions));
    yield {
      rule: 'kargo/unknown-function',
      at: object.atText(path, from + at),
      message: elsewhere
        ? `${called1}() can be called in a step's if and config only, not in a ${PLACES[place]}`
        : `there is no function ${called1}()`,
      fix:
        near === null
          ? `functions here, beside those of the language: ${Object.keys(functions).toSorted().join(', ')}`
          : `did you mean ${near}()?`,
    };
  }
}

/** UTF-16 unit in `source` of a line and column; columns count code points, both from 1. */
function unitOf(source: string, line: number, column: number): number {
  const lines = source.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const within = [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length;
  // The end of the expression is where its delimiter stands.
  return Math.min(before + within, source.length);
}

const PLACES: Readonly<Record<TemplatePlace, string>> = {
  variable: 'variable',
  verification: 'verification argument',
  step: 'step',
  criteria: 'Freight creation criteria',
};
