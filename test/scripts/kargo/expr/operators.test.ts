import { describe, expect, it } from 'vitest';
import { failure, result } from './evaluation.ts';

describe('operators', () => {
  it.each([
    ['1 + 2', 'int 3'],
    ['1 + 2.5', 'float64 3.5'],
    ['vars.replicas + 1', 'float64 {"$type":"float","v":"4"}'],
    ['7 / 2', 'float64 3.5'],
    ['1 / 0', 'float64 {"$type":"float","v":"+Inf"}'],
    ['-7 % 3', 'int -1'],
    ['2 ** 10', 'float64 {"$type":"float","v":"1024"}'],
    ['2 ^ -1', 'float64 0.5'],
    ['9223372036854775807 + 1', 'int {"$type":"int","v":"-9223372036854775808"}'],
    ['"a" + "b"', 'string "ab"'],
    ['duration("1h") * 2', 'time.Duration {"$type":"duration","ns":7200000000000}'],
    [
      'date("2024-01-02") - date("2024-01-01")',
      'time.Duration {"$type":"duration","ns":86400000000000}',
    ],
    ['1 == 1.0', 'bool true'],
    ['[1] == [1.0]', 'bool true'],
    ['fromJSON(`{"a":1}`) == {a: 1}', 'bool false'],
    ['nothing == nil', 'bool true'],
    ['1 != 2', 'bool true'],
    ['"a" < "b"', 'bool true'],
    ['"\ue000" < "😀"', 'bool true'],
    ['1 <= 1.0', 'bool true'],
    ['date("2024-01-01T01:00:00+01:00") == date("2024-01-01T00:00:00Z")', 'bool true'],
    ['1.0 in 1..3', 'bool true'],
    ['"a" in vars.zones', 'bool true'],
    ['"image" in vars', 'bool true'],
    ['1 in nothing', 'bool false'],
    ['2 not in [1, 3]', 'bool true'],
    ['vars.image contains "data"', 'bool true'],
    ['vars.image startsWith "registry"', 'bool true'],
    ['vars.image endsWith "books"', 'bool true'],
    ['nothing contains "a"', 'bool false'],
    ['vars.image matches "^[a-z.]+/"', 'bool true'],
    ['vars.image not matches "z+"', 'bool true'],
    ['nothing matches "a"', 'bool false'],
    ['1..3', '[]int [1,2,3]'],
    ['3..1', '[]int []'],
    ['1.9..vars.replicas', undefined],
    ['nothing ?? "d"', 'string "d"'],
    ['vars.empty ?? "d"', 'string ""'],
    ['yes and "hello"', undefined],
    ['yes and vars.image', 'string "registry.example.com/data/orderbooks"'],
    ['yes ? 1 : 2', 'int 1'],
    ['if yes { "a" } else { "b" }', 'string "a"'],
    ['!yes', 'bool false'],
    ['-vars.replicas', 'float64 {"$type":"float","v":"-3"}'],
    ['+1', 'int 1'],
    ['1; 2', 'int 2'],
    ['let x = 2; let y = x * x; y + x', 'int 6'],
  ])('%s', (source, expected) => {
    if (expected === undefined) expect(failure(source)).toMatch(/^compile/);
    else expect(result(source)).toBe(expected);
  });

  it.each([
    ['vars.replicas % 2', '1:15 invalid operation: float64 % int'],
    ['vars.image + 1', '1:12 invalid operation: string + int'],
    ['nothing < 1', '1:9 invalid operation: <nil> < int'],
    ['nothing + 1', '1:9 invalid operation: <nil> + int'],
    ['nothing..3', '1:8 invalid operation: int(<nil>)'],
    ['vars.image and yes', '1:12 interface conversion: interface {} is string, not bool'],
    ['not vars.image', '1:1 interface conversion: interface {} is string, not bool'],
    ['vars.replicas ? 1 : 2', '1:21 interface conversion: interface {} is float64, not bool'],
    [
      'vars.replicas contains "a"',
      '1:15 interface conversion: interface {} is float64, not string',
    ],
    ['1 in vars.image', '1:3 operator "in" not defined on string'],
    ['-vars.image', '1:1 invalid operation: - string'],
    ['vars.image / 2', '1:12 invalid operation: string / int'],
    ['vars.image ** 2', '1:12 invalid operation: float(string)'],
    ['findIndex(numbers, # > 9) == 1', '1:27 interface conversion: interface {} is nil, not int'],
  ])('%s fails while it runs', (source, expected) => {
    expect(failure(source)).toBe(`run ${expected}`);
  });
});

describe('members, indexes and slices', () => {
  it.each([
    ['vars.image[0:8]', 'string "registry"'],
    ['"héllo"[0:2]', 'string {"$type":"string","base64":"aMM="}'],
    ['"héllo"[0:2] + "héllo"[2:]', 'string "héllo"'],
    ['vars["zones"][-1]', 'string "b"'],
    ['numbers[1.9]', 'float64 {"$type":"float","v":"1"}'],
    ['numbers[-2:]', '[]interface {} [{"$type":"float","v":"1"},{"$type":"float","v":"2"}]'],
    ['numbers[5:1]', '[]interface {} []'],
    ['outputs["step-1"].commit[:12]', 'string "0123456789ab"'],
    ['vars.missing', '<nil> null'],
    ['missing', '<nil> null'],
    ['missing?.a.b.c()', '<nil> null'],
    ['{}.a?.b', '<nil> null'],
    ['$env["vars"].empty', 'string ""'],
    ['{a: 1, a: 2}', 'map[string]interface {} {"a":1}'],
    ['date("2024-07-04").Weekday', 'func() time.Weekday {"$type":"func"}'],
    ['[1, nothing?.x(2)]', '[]interface {} [2,null]'],
  ])('%s', (source, expected) => {
    expect(result(source)).toBe(expected);
  });

  it.each([
    ['missing.a', '1:9 cannot fetch a from <nil>'],
    ['missing.a ?? "d"', '1:9 cannot fetch a from <nil>'],
    ['vars.missing.a', '1:14 cannot fetch a from <nil>'],
    ['numbers[9]', '1:8 index out of range: 9 (array length is 3)'],
    ['vars[1]', '1:5 reflect.Value.MapIndex: value of type int is not assignable to type string'],
    ['vars.replicas[0:1]', '1:14 cannot slice 0'],
    ['{(vars.replicas): 1}', '1:1 interface conversion: interface {} is float64, not string'],
    ['missing()', '1:1 invalid operation: cannot call nil'],
    ['yes()', '1:1 invalid operation: cannot call non-function of type bool'],
    ['[date("2024-01-01")][0].Format(1)', undefined],
    ['get({t: date("2024-01-01")}, "t").Format(1)', '1:35 reflect: Call using int as type string'],
    [
      'get({t: date("2024-01-01")}, "t").Format()',
      '1:35 invalid number of arguments: expected 1, got 0',
    ],
  ])('%s fails', (source, expected) => {
    if (expected === undefined) expect(failure(source)).toMatch(/^(compile|run)/);
    else expect(failure(source)).toBe(`run ${expected}`);
  });
});
