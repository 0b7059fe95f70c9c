import { describe, expect, it } from 'vitest';
import { compile } from '../../../../scripts/kargo/expr/index.ts';
import { failure, result } from './evaluation.ts';

describe('what is wrong before anything runs', () => {
  it.each([
    ['nil and true', '1:5 invalid operation: and (mismatched types unknown and bool)'],
    ['"a" + 1', '1:5 invalid operation: + (mismatched types string and int)'],
    ['not 1', '1:1 invalid operation: not (mismatched type int)'],
    ['-"a"', '1:1 invalid operation: - (mismatched type string)'],
    ['1.5 % 2', '1:5 invalid operation: % (mismatched types float64 and int)'],
    ['true in {}', '1:6 cannot use bool as type string in map key'],
    ['"a" in [1, 2]', '1:5 cannot use string as type int in array'],
    ['[1, 2][1.0]', '1:8 array elements can only be selected using an integer (got float64)'],
    ['"abc"[0]', '1:6 type string[int] is undefined'],
    ['(nil).a', '1:7 type nil has no field a'],
    ['(1).a', '1:5 type int has no field a'],
    ['(1).a()', '1:5 type int has no method a'],
    ['{a: 1}[1]', '1:8 cannot use int to get an element from map[string]interface {}'],
    ['(1)[0:1]', '1:4 cannot slice int'],
    ['[1]["a":]', '1:5 non-integer slice index string'],
    ['1 ? 2 : 3', '1:1 non-bool expression (type int) used as condition'],
    ['let len = 1; len', '1:5 cannot redeclare builtin len'],
    ['let x = 1; let x = 2; x', '1:16 cannot redeclare variable x'],
    ['let x = 1; x()', '1:12 int is not callable'],
    ['$env()', '1:1 unknown is not callable'],
    ['map(1, #)', '1:5 builtin map takes only array (got int)'],
    ['filter([1], #)', '1:13 predicate should return boolean (got int)'],
    ['all([1], nil)', '1:10 predicate should has one input and one output param'],
    ['reduce([1], nil)', '1:13 predicate should has two input and one output param'],
    ['filter([1], #index > 0)', '1:13 unknown pointer #index'],
    ['map([1], #acc)', '1:10 unknown pointer #acc'],
    ['sortBy([1], #, 1)', '1:16 sortBy order argument must be a string (got int)'],
    ['len(1)', '1:1 invalid argument for len (type int)'],
    ['len(nil)', '1:1 invalid argument for len (type %!s(<nil>))'],
    ['len()', '1:1 invalid number of arguments (expected 1, got 0)'],
    ['upper()', '1:1 not enough arguments to call upper'],
    ['upper("a", "b")', '1:1 too many arguments to call upper'],
    ['upper(1)', '1:7 cannot use int as argument (type string) to call upper '],
    ['upper(nil)', '1:7 cannot use nil as argument (type string) to call upper'],
    ['get([1], "a")', '1:10 non-integer slice index string'],
    ['get(1, 2)', '1:5 type int does not support indexing'],
    ['max("a")', '1:1 invalid argument for max (type string)'],
    ['first("abc")', '1:1 cannot get first element from string'],
    ['concat([1], 2)', '1:1 cannot concat int'],
    ['take([1], "a")', '1:1 cannot take string elements'],
    ['now(1)', '1:1 invalid number of arguments (expected 0, got 1)'],
    ['date("2024-01-01").Nope()', '1:20 type time.Time has no method Nope'],
    ['date("2024-01-01").Date()', '1:20 func Date returns more then two values'],
    ['date("2024-01-01").Format()', '1:20 not enough arguments to call Format'],
    ['date("2024-01-01") < 1', '1:20 invalid operation: < (mismatched types time.Time and int)'],
    [
      'date("2024-01-01").Weekday() == 1',
      '1:30 invalid operation: == (mismatched types time.Weekday and int)',
    ],
    ['"a" matches "("', '1:5 error parsing regexp: missing closing ): `(`'],
    ['1 % 0', '1:3 integer divide by zero'],
  ])('%s', (source, expected) => {
    expect(failure(source)).toBe(`compile ${expected}`);
  });

  it('knows nothing about names from the environment', () => {
    for (const source of ['a + 1', 'a.b.c()', 'a and b', 'a in b', 'a[b]', 'upper(a)']) {
      expect(() => compile(source), source).not.toThrow();
    }
  });
});

describe('constants', () => {
  it.each([
    ['true and nothing', '<nil> null'],
    ['false or vars.image', 'string "registry.example.com/data/orderbooks"'],
    ['unknown.a and false', 'bool false'],
    ['unknown.a or true', 'bool true'],
    ['sum(1..100)', 'int 5050'],
    ['sum(1..10, # * 2)', 'int 110'],
    ['reduce(1..4, # + #acc, 10)', 'int 20'],
    ['sum([1, 2.5, 3])', 'float64 6.5'],
    ['1 in [1, 2]', 'bool true'],
    ['vars.image in ["a"]', 'bool false'],
    ['nothing in ["a", ""]', 'bool true'],
    ['len(filter(numbers, # > 1))', 'int 2'],
    [
      'map(filter(numbers, # > 1), # * 2)',
      '[]interface {} [{"$type":"float","v":"6"},{"$type":"float","v":"4"}]',
    ],
    ['count(numbers, # > 1) > 0', 'bool true'],
    ['count(numbers, # > 0) >= 2', 'bool true'],
    ['all(numbers, # > 0) and all(numbers, # < 9)', 'bool true'],
    ['none(numbers, # > 5) && none(numbers, # < 0)', 'bool true'],
    ['filter(filter(numbers, # > 1), # < 3)', '[]interface {} [{"$type":"float","v":"2"}]'],
    ['sum(map(numbers, # + 1))', 'float64 {"$type":"float","v":"9"}'],
    ['first(filter(numbers, # > 9))', '<nil> null'],
    ['filter(numbers, # < 3)[-1]', 'float64 {"$type":"float","v":"2"}'],
  ])('%s is %s', (source, expected) => {
    expect(result(source)).toBe(expected);
  });

  it('makes a missing first element of a filter an error of its own', () => {
    expect(failure('filter(numbers, # > 9)[0]')).toBe('run 1:23 reflect: slice index out of range');
  });

  it('looks literals up strictly by type', () => {
    expect(failure('vars.replicas in ["3"]')).toBe(
      'run 1:15 reflect.Value.MapIndex: value of type float64 is not assignable to type string',
    );
  });
});
