import { describe, expect, it } from 'vitest';
import { nodeText } from '../../../../scripts/kargo/expr/ast-text.ts';
import { ExprError, parse } from '../../../../scripts/kargo/expr/index.ts';
import { failure, result } from './evaluation.ts';

const tree = (source: string) => nodeText(parse(source));

describe('the parser', () => {
  it.each([
    ['1 + 2 * 3', '(binary + (int 1) (binary * (int 2) (int 3)))'],
    ['-2 ** 2', '(unary - (binary ** (int 2) (int 2)))'],
    ['2 ** 3 ** 2', '(binary ** (int 2) (binary ** (int 3) (int 2)))'],
    ['not a in b', '(binary in (unary not (ident "a")) (ident "b"))'],
    ['a not in b', '(unary not (binary in (ident "a") (ident "b")))'],
    [
      'a < b < c',
      '(binary && (binary < (ident "a") (ident "b")) (binary < (ident "b") (ident "c")))',
    ],
    ['a ? b : c', '(cond (ident "a") (ident "b") (ident "c"))'],
    ['a ?: c', '(cond (ident "a") (ident "a") (ident "c"))'],
    [
      'if a { 1 } else if b { 2 } else { 3 }',
      '(if (ident "a") (int 1) (if (ident "b") (int 2) (int 3)))',
    ],
    ['let x = 1; x + 1', '(let "x" (int 1) (binary + (ident "x") (int 1)))'],
    ['1; 2;', '(seq (int 1) (int 2))'],
    ['a.b["c"].d()', '(call (method (member (member (ident "a") (str "b")) (str "c")) (str "d")))'],
    ['a?.b.c', '(chain (member (member? (ident "a") (str "b")) (str "c")))'],
    ['a?.[0]', '(chain (member? (ident "a") (int 0)))'],
    ['a[1:]', '(slice (ident "a") (int 1) _)'],
    ['a[:2]', '(slice (ident "a") _ (int 2))'],
    ['[1, "x",]', '(array (int 1) (str "x"))'],
    [
      '{a: 1, "b c": 2, 3: 4, (d): 5}',
      '(map (pair (str "a") (int 1)) (pair (str "b c") (int 2)) (pair (str "3") (int 4)) (pair (ident "d") (int 5)))',
    ],
    ['x | map(# + 1)', '(builtin map (ident "x") (pred (binary + (pointer "") (int 1))))'],
    [
      'filter(x, {.a > #index})',
      '(builtin filter (ident "x") (pred (binary > (member (pointer "") (str "a")) (pointer "index"))))',
    ],
    ['x | foo(1)', '(call (ident "foo") (ident "x") (int 1))'],
    ['::len(x)', '(builtin len (ident "x"))'],
    ['a.not.in', '(member (member (ident "a") (str "not")) (str "in"))'],
    ['b"\\xff"', '(bytes "/w==")'],
    ['`a``b\\n`', '(str "a`b\\\\n")'],
    ['1..2', '(binary .. (int 1) (int 2))'],
    ['a // to the end\n+ /* inside */ 1', '(binary + (ident "a") (int 1))'],
    ['$env.a', '(member (ident "$env") (str "a"))'],
  ])('reads %s', (source, expected) => {
    expect(tree(source)).toBe(expected);
  });

  it.each([
    ['007', 'int 7'],
    ['1__0', 'int 10'],
    ['0xFF', 'int 255'],
    ['0b101', 'int 5'],
    ['0o17', 'int 15'],
    ['1e3', 'float64 {"$type":"float","v":"1000"}'],
    ['.5', 'float64 0.5'],
    ['"\\u{1F600}\\x41\\101\\t"', 'string "😀AA\\t"'],
    ["'it''s'", undefined],
  ])('reads the literal %s', (source, expected) => {
    if (expected === undefined) expect(failure(source)).toMatch(/^parse/);
    else expect(result(source)).toBe(expected);
  });

  it.each([
    ['', 'parse 1:1 unexpected token EOF'],
    ['1 +', 'parse 1:3 unexpected token EOF'],
    ['a b', 'parse 1:3 unexpected token Identifier("b")'],
    ['a ~ b', "parse 1:3 unrecognized character: U+007E '~'"],
    ['"abc', 'parse 1:5 literal not terminated'],
    ['/* c', 'parse 1:5 unclosed comment'],
    ['"\\z"', 'parse 1:3 invalid char escape'],
    ['1a', 'parse 1:2 bad number syntax: "1a"'],
    ['1e', 'parse 1:2 invalid float literal: strconv.ParseFloat: parsing "1e": invalid syntax'],
    [
      '9223372036854775808',
      'parse 1:19 invalid integer literal: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    ['0x', 'parse 1:2 invalid hex literal: strconv.ParseInt: parsing "0x": invalid syntax'],
    ['a.1', 'parse 1:2 unexpected token Number(".1")'],
    ['a.[', 'parse 1:3 expected name'],
    ['map()', 'parse 1:5 expected at least 2 arguments'],
    ['map(a, b; c)', 'parse 1:9 wrap predicate with brackets { and }'],
    ['map(x, {v: #})', 'parse 1:10 unexpected token Operator(":")'],
    [
      'nil ?? 1 + 2',
      'parse 1:10 Operator (+) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.',
    ],
    ['nil?.x', 'parse 1:4 unexpected token Operator("?.")'],
    [
      '{,}',
      'parse 1:2 a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses (unexpected token Operator(","))',
    ],
    ['if a { 1 }', 'parse 1:10 unexpected token EOF'],
    ['1 + if a { 1 } else { 2 }', 'parse 1:5 unexpected token Operator("if")'],
    ['#', 'parse 1:1 unexpected token Operator("#")'],
    ['let = 1; 2', 'parse 1:5 unexpected token Operator("=")'],
    ['[1 2', 'parse 1:4 unexpected token Number("2")'],
    ['(1', 'parse 1:2 unexpected token EOF'],
  ])('refuses %s', (source, expected) => {
    expect(failure(source)).toBe(expected);
  });

  it('says where, counting code points, with the line and a pointer', () => {
    expect(() => parse('"😀" +\n\t@')).toThrow(
      expect.objectContaining({
        name: 'ExprError',
        code: 'EXPRESSION_PARSE',
        stage: 'parse',
        line: 2,
        column: 2,
        snippet: '\n |  @\n | .^',
        message: "unrecognized character: U+0040 '@' (2:2)\n |  @\n | .^",
      }),
    );
  });

  it('reports broken text behind an error that it would meet anyway', () => {
    expect(failure('map() ~')).toBe("parse 1:7 unrecognized character: U+007E '~'");
  });

  it('gives every node its place', () => {
    const node = parse('vars.a == 1');
    expect(node).toMatchObject({ kind: 'binary', from: 7, to: 9, left: { from: 5, to: 6 } });
  });

  it('throws nothing but ExprError', () => {
    for (const source of ['\ud800', '(((', '}}', '?.', 'a?.', 'not not', '...', '::', '|', '"\\']) {
      expect(() => parse(source), source).toThrow(ExprError);
    }
  });
});
