import { describe, expect, it } from 'vitest';
import { failure, result } from './evaluation.ts';

/** Expected values and texts are what expr-lang v1.17.8 itself gives. */
describe('matches', () => {
  it.each([
    ['"abc" matches "b"', 'bool true'],
    ['"abc" matches "^b"', 'bool false'],
    ['"a\\nb" matches "(?m)^b$"', 'bool true'],
    ['"ABC" matches "(?i)abc"', 'bool true'],
    ['"K" matches "(?i)k"', 'bool true'],
    ['"a\\nb" matches "a.b"', 'bool false'],
    ['"a\\nb" matches "(?s)a.b"', 'bool true'],
    ['"foo bar" matches "\\\\bbar\\\\b"', 'bool true'],
    ['"foobar" matches "o\\\\Bb"', 'bool true'],
    ['"aaa" matches "^a{2,3}$"', 'bool true'],
    ['"aaaa" matches "^a{2,3}$"', 'bool false'],
    ['"a.c" matches "^a\\\\.c$"', 'bool true'],
    ['"a.c" matches "^\\\\Qa.c\\\\E$"', 'bool true'],
    ['"é" matches "^\\\\pL$"', 'bool true'],
    ['"α" matches "\\\\p{Greek}"', 'bool true'],
    ['"a" matches "\\\\P{Greek}"', 'bool true'],
    ['"5" matches "[[:digit:]]"', 'bool true'],
    ['"-" matches "[a\\\\-z]"', 'bool true'],
    ['"]" matches "[]a]"', 'bool true'],
    ['"x" matches "[^[:alpha:]]"', 'bool false'],
    ['"ab" matches "(?P<x>a)(?:b)"', 'bool true'],
    ['"b" matches "^(?:a|b|)$"', 'bool true'],
    ['"" matches "a*"', 'bool true'],
    ['"aaab" matches "(a|aa)+$"', 'bool false'],
    ['"😀" matches "^.$"', 'bool true'],
    ['"A" matches "\\\\x41"', 'bool true'],
    ['"A" matches "\\\\x{41}"', 'bool true'],
    ['"A" matches "\\\\101"', 'bool true'],
    ['"\\t" matches "\\\\t"', 'bool true'],
    ['"a" matches "("', 'compile 1:5 error parsing regexp: missing closing ): `(`'],
    ['"a" matches "a)"', 'compile 1:5 error parsing regexp: unexpected ): `a)`'],
    ['"a" matches "[a"', 'compile 1:5 error parsing regexp: missing closing ]: `[a`'],
    [
      '"a" matches "a**"',
      'compile 1:5 error parsing regexp: invalid nested repetition operator: `**`',
    ],
    [
      '"a" matches "*a"',
      'compile 1:5 error parsing regexp: missing argument to repetition operator: `*`',
    ],
    ['"a" matches "a{2,1}"', 'compile 1:5 error parsing regexp: invalid repeat count: `{2,1}`'],
    ['"a" matches "a{1001}"', 'compile 1:5 error parsing regexp: invalid repeat count: `{1001}`'],
    ['"a" matches "(a{500}){3}"', 'compile 1:5 error parsing regexp: invalid repeat count: `{3}`'],
    [
      '"a" matches "[z-a]"',
      'compile 1:5 error parsing regexp: invalid character class range: `z-a`',
    ],
    [
      '"a" matches "[[:foo:]]"',
      'compile 1:5 error parsing regexp: invalid character class range: `[:foo:]`',
    ],
    [
      '"a" matches "\\\\p{Foo}"',
      'compile 1:5 error parsing regexp: invalid character class range: `\\p{Foo}`',
    ],
    [
      '"a" matches "(?=a)"',
      'compile 1:5 error parsing regexp: invalid or unsupported Perl syntax: `(?=`',
    ],
    ['"a" matches "(?<=a)"', 'compile 1:5 error parsing regexp: invalid named capture: `(?<=a)`'],
    [
      '"a" matches "(?!a)"',
      'compile 1:5 error parsing regexp: invalid or unsupported Perl syntax: `(?!`',
    ],
    ['"a" matches "\\\\1"', 'compile 1:5 error parsing regexp: invalid escape sequence: `\\1`'],
    ['"a" matches "(a)\\\\1"', 'compile 1:5 error parsing regexp: invalid escape sequence: `\\1`'],
    [
      '"a" matches "\\\\"',
      'compile 1:5 error parsing regexp: trailing backslash at end of expression: ``',
    ],
    ['"a" matches "\\\\C"', 'compile 1:5 error parsing regexp: invalid escape sequence: `\\C`'],
    ['"a" matches "\\\\Z"', 'compile 1:5 error parsing regexp: invalid escape sequence: `\\Z`'],
    [
      '"a" matches "(?z)"',
      'compile 1:5 error parsing regexp: invalid or unsupported Perl syntax: `(?z`',
    ],
    ['"a" matches "(?P<1"', 'compile 1:5 error parsing regexp: invalid named capture: `(?P<1`'],
    [
      '"a" matches "(?P<a-b>x)"',
      'compile 1:5 error parsing regexp: invalid named capture: `(?P<a-b>`',
    ],
    ['"a{" matches "a{"', 'bool true'],
    ['"a" matches "x{,2}"', 'bool false'],
  ])('%s', (source, expected) => {
    expect(/^(parse|compile|run) \d/.test(expected) ? failure(source) : result(source)).toBe(
      expected,
    );
  });
});
