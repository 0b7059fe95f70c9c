import { suggestion } from '../../../runtime/config/suggestion.ts';
import { compile, ExprError } from '../../kargo/expr/index.ts';
import { type ExpressionText, expressionsIn, isComputed } from '../expression-text.ts';
import { usesIn } from '../expression-uses.ts';
import { items, text, valueAt } from '../fields.ts';
import type { Draft } from '../finding.ts';
import { FUNCTIONS } from '../functions.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { type Template, type TemplatePlace, templatesOf } from '../templates.ts';
import { type WrittenStep, writtenSteps } from '../written-steps.ts';

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
    for (const step of writtenSteps(object)) yield* innerFaults(step);
  }
};

/** Expressions that a step evaluates itself, over an answer or a file: bare, without delimiters. */
function* innerFaults({ object, path, value }: WrittenStep): Generator<Draft> {
  const config: Path = [...path, 'config'];
  const outputs = items(valueAt(value, ['config', 'outputs']));
  const places: readonly Path[] = [
    ...CONDITIONS.map((key) => [...config, key]),
    ...outputs.map((_, index) => [...config, 'outputs', index, 'fromExpression']),
  ];
  for (const at of places) {
    const source = valueAt(object.value, at);
    if (typeof source !== 'string' || isComputed(source)) continue;
    const error = refusal(source);
    if (error === null) continue;
    yield {
      rule: 'kargo/expression',
      at: object.atText(at, unitOf(source, error.line, error.column)),
      message: `this expression of step ${text(value['uses'])} does not ${error.stage}: ${error.reason}; it is: ${source.trim()}`,
      fix: 'correct the expression; the step evaluates it itself, so it stands without ${{ }}',
    };
  }
}

const CONDITIONS = ['successExpression', 'failureExpression', 'errorExpression'] as const;

function refusal(source: string): ExprError | null {
  try {
    compile(source, {});
    return null;
  } catch (error) {
    if (error instanceof ExprError) return error;
    throw error;
  }
}

function textsOf({ place, text: template }: Template): ReturnType<typeof expressionsIn> {
  return place === 'criteria'
    ? { expressions: [{ source: template, from: 0 }], unclosed: null }
    : expressionsIn(template);
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
  for (const zone of source.matchAll(ZONE)) {
    if (zone[1] === 'UTC') continue;
    yield {
      rule: 'kargo/time-zone',
      at: object.atText(path, from + zone.index),
      message: `where Kargo's controller has no time-zone files, timezone("${zone[1]}") errors, and so does every promotion that comes here`,
      fix: 'compute with UTC, and take hours of other zones from a ConfigMap that is made where zones are known',
    };
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

const ZONE = /\btimezone\s*\(\s*["']([^"']*)["']/g;

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
