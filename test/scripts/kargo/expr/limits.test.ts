import { describe, expect, it } from 'vitest';
import { compile, ExprError, evaluate, parse, run } from '../../../../scripts/kargo/expr/index.ts';
import { MAX_DEPTH, MAX_NESTING, MAX_NODES } from '../../../../scripts/kargo/expr/limits.ts';
import { failure, result } from './evaluation.ts';

describe('limits', () => {
  it.each([
    ['1..1000000', 'run 1:2 memory budget exceeded'],
    ['map(1..999998, 1)', 'run 1:1 memory budget exceeded'],
    ['repeat("ab", 500000)', 'run 1:1 memory budget exceeded'],
    ['concat(1..400000, 1..400000)', 'run 1:1 memory budget exceeded'],
  ])('stops %s at the memory budget', (source, expected) => {
    expect(failure(source)).toBe(expected);
  });

  it('leaves a program that fits alone', () => {
    expect(result('len(1..999998)')).toBe('int 999998');
  });

  it('stops loops inside loops that would run for minutes', () => {
    const list = Array.from({ length: 3_000 }, (_, i) => i);
    expect(() => evaluate('any(list, any(list, any(list, # < 0)))', { list })).toThrow(
      /^time budget exceeded: more than 10000000 rounds of loops \(1:\d+\)/,
    );
  });

  it('refuses more nodes than expr-lang does', () => {
    const most = `[${Array.from({ length: MAX_NODES - 1 }, () => '1').join()}]`;
    expect(() => parse(most)).not.toThrow();
    expect(() => parse(`${most.slice(0, -1)},1]`)).toThrow(
      /^compilation failed: expression exceeds maximum allowed nodes/,
    );
  });

  it.each([
    ['parentheses', (n: number) => `${'('.repeat(n)}1${')'.repeat(n)}`],
    ['brackets', (n: number) => `${'['.repeat(n)}1${']'.repeat(n)}`],
    ['braces', (n: number) => `${'{a:'.repeat(n)}1${'}'.repeat(n)}`],
    ['prefixes', (n: number) => `${'-'.repeat(n)}x`],
    ['calls', (n: number) => `${'f('.repeat(n)}1${')'.repeat(n)}`],
    ['indexes', (n: number) => `${'a['.repeat(n)}1${']'.repeat(n)}`],
    ['predicates', (n: number) => `${'map(a,'.repeat(n)}1${')'.repeat(n)}`],
    ['ternaries', (n: number) => `${'x?1:'.repeat(n)}1`],
    [
      'declarations',
      (n: number) => `${Array.from({ length: n }, (_, i) => `let v${i}=1;`).join('')}1`,
    ],
    ['conditions', (n: number) => `${'if x {1} else '.repeat(n)}{2}`],
  ])('bounds the nesting of %s instead of overflowing the stack', (_, nest) => {
    expect(complaint(nest(MAX_NESTING - 10))).toBe('');
    expect(complaint(nest(2 * MAX_NESTING))).toMatch(/^expression nests deeper than 300 levels/);
  });

  it.each([
    ['sums', (n: number) => `x${'+x'.repeat(n)}`],
    ['members', (n: number) => `x${'.x'.repeat(n)}`],
    ['alternatives', (n: number) => `x${' ?? x'.repeat(n)}`],
    ['pipes', (n: number) => `x${' | string()'.repeat(n)}`],
  ])('bounds the length of chains of %s', (_, chain) => {
    expect(complaint(chain(MAX_DEPTH - 10))).toBe('');
    expect(complaint(chain(2 * MAX_DEPTH))).toMatch(/^expression nests deeper than 1000 levels/);
  });

  it('matches a pattern in time linear in the text, however it is written', () => {
    const text = 'a'.repeat(5_000);
    expect(evaluate('text matches "^(a+)+$"', { text: `${text}b` })).toBe(false);
    expect(evaluate('text matches "(a*)*(a*)*b"', { text })).toBe(false);
  });

  it('refuses a pattern that would need a huge program', () => {
    expect(failure('"a" matches "((a{100}){10}){1000}"')).toMatch(/invalid repeat count/);
    expect(failure(`"a" matches "${'(\\\\pL{1000})'.repeat(200)}"`)).toMatch(
      /expression too large/,
    );
  });
});

it('a program keeps nothing of a run', () => {
  const program = compile('let x = a; map(x, # + 1)');
  expect(run(program, { a: [1n] })).toEqual([2n]);
  expect(run(program, { a: [5n, 6n] })).toEqual([6n, 7n]);
  expect(() => run(program, {})).toThrow(ExprError);
  expect(run(program, { a: [1n] })).toEqual([2n]);
});

function complaint(source: string): string {
  try {
    compile(source);
    return '';
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return error.reason;
  }
}
