import { describe, expect, it } from 'vitest';
import { failure, result } from './evaluation.ts';

/** Expected values and texts are what expr-lang v1.17.8 itself gives. */
describe('types and JSON', () => {
  it.each([
    ['type(nil)', 'string "nil"'],
    ['type(1)', 'string "int"'],
    ['type(1.5)', 'string "float"'],
    ['type("a")', 'string "string"'],
    ['type(true)', 'string "bool"'],
    ['type([1])', 'string "array"'],
    ['type({a: 1})', 'string "map"'],
    ['type(b"a")', 'string "array"'],
    ['type(date("2024-01-01"))', 'string "time.Time"'],
    ['type(duration("1s"))', 'string "time.Duration"'],
    ['type(date("2024-01-01").Month())', 'string "time.Month"'],
    ['type(date("2024-01-01").Unix())', 'string "int"'],
    ['type(timezone("UTC"))', 'string "time.Location"'],
    [
      'toJSON({b: [1, 2.5, nil], a: "<é>", c: {}})',
      'string "{\\n  \\"a\\": \\"\\\\u003cé\\\\u003e\\",\\n  \\"b\\": [\\n    1,\\n    2.5,\\n    null\\n  ],\\n  \\"c\\": {}\\n}"',
    ],
    ['toJSON([])', 'string "[]"'],
    ['toJSON("\\u2028\\"")', 'string "\\"\\\\u2028\\\\\\"\\""'],
    ['toJSON(date("2024-01-02T03:04:05Z"))', 'string "\\"2024-01-02T03:04:05Z\\""'],
    ['toJSON(duration("1s"))', 'string "1000000000"'],
    ['toJSON(1e21)', 'string "1e+21"'],
    ['toJSON(1e-7)', 'string "1e-7"'],
    ['toJSON(b"ab")', 'string "\\"YWI=\\""'],
    ['toJSON(1/0)', 'run 1:1 json: unsupported value: +Inf'],
    ['toJSON(groupBy([1], #))', 'run 1:1 json: unsupported type: map[interface {}][]interface {}'],
    [
      'fromJSON("{\\"a\\": [1, -2.5e3, null, true, \\"\\\\u00e9\\\\n\\"]}")',
      'map[string]interface {} {"a":[{"$type":"float","v":"1"},{"$type":"float","v":"-2500"},null,true,"é\\n"]}',
    ],
    ['fromJSON("")', 'run 1:1 unexpected end of JSON input'],
    ['fromJSON("{")', 'run 1:1 unexpected end of JSON input'],
    ['fromJSON("[1,]")', "run 1:1 invalid character ']' looking for beginning of value"],
    ['fromJSON("{\\"a\\" 1}")', "run 1:1 invalid character '1' after object key"],
    ['fromJSON("nul")', "run 1:1 invalid character ' ' in literal null (expecting 'l')"],
    ['fromJSON("tru}")', "run 1:1 invalid character '}' in literal true (expecting 'e')"],
    ['fromJSON("01")', "run 1:1 invalid character '1' after top-level value"],
    ['fromJSON("1.")', "run 1:1 invalid character ' ' after decimal point in numeric literal"],
    ['fromJSON("-")', "run 1:1 invalid character ' ' in numeric literal"],
    [
      'fromJSON("1e400")',
      'run 1:1 json: cannot unmarshal number 1e400 into Go value of type float64',
    ],
    ['fromJSON("\\"\\\\x\\"")', "run 1:1 invalid character 'x' in string escape code"],
    ['fromJSON("[1] x")', "run 1:1 invalid character 'x' after top-level value"],
    ['fromJSON(1)', 'compile 1:10 cannot use int as argument (type string) to call fromJSON '],
    ['len(fromJSON("[1, 2]"))', 'int 2'],
    ['fromJSON("{\\"__proto__\\": 1}").__proto__', 'float64 {"$type":"float","v":"1"}'],
    ['{a: 1}.constructor', '<nil> null'],
    ['"toString" in {a: 1}', 'bool false'],
  ])('%s', (source, expected) => {
    expect(/^(parse|compile|run) \d/.test(expected) ? failure(source) : result(source)).toBe(
      expected,
    );
  });
});
