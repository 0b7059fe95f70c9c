import { describe, expect, it } from 'vitest';
import {
  declareStruct,
  ExprError,
  evaluate,
  fromJson,
  HostObject,
  toJson,
} from '../../../../scripts/kargo/expr/index.ts';
import { failure, result } from './evaluation.ts';

declareStruct('test.Image', {
  fields: { Tag: 'string', Digest: 'string' },
  methods: { Name: 'func() string' },
});

const functions = {
  quote: { call: (value: unknown) => `"${String(value)}"`, types: ['func(interface {}) string'] },
  half: { call: (value: unknown) => Number(value) / 2, types: ['func(float64) float64'] },
  imageFrom: {
    call: (name: unknown) =>
      name === 'none'
        ? null
        : new HostObject('*test.Image', { Tag: 'v1', Digest: 'sha256:0' }, { Name: () => 'app' }),
    types: ['func(string, ...string) *test.Image'],
  },
  fail: {
    call: () => {
      throw new Error('no such thing');
    },
    types: ['func() interface {}'],
  },
  len: { call: () => 'mine', types: ['func(interface {}) string'] },
};
const options = { functions };

describe('functions that are added when an expression is compiled', () => {
  it.each([
    ['quote(1)', 'string "\\"1\\""'],
    ['half(3)', 'float64 1.5'],
    ['len([1])', 'string "mine"'],
    ['::len([1])', 'int 1'],
    ['imageFrom("a").Tag', 'string "v1"'],
    ['imageFrom("a", "b")?.Digest', 'string "sha256:0"'],
    ['imageFrom("a").Name()', 'string "app"'],
    ['imageFrom("none")?.Tag', '<nil> null'],
    ['imageFrom("none") == nil', 'bool true'],
    ['"a" | quote()', 'string "\\"a\\""'],
  ])('%s', (source, expected) => {
    expect(result(source, options)).toBe(expected);
  });

  it.each([
    ['quote()', 'compile 1:1 not enough arguments to call quote'],
    ['quote(1, 2)', 'compile 1:1 too many arguments to call quote'],
    ['imageFrom(1)', 'compile 1:11 cannot use int as argument (type string) to call imageFrom '],
    [
      'imageFrom("a", 1)',
      'compile 1:16 cannot use int as argument (type string) to call imageFrom ',
    ],
    ['imageFrom("a").Nope', 'compile 1:16 type test.Image has no field Nope'],
    ['imageFrom("none").Tag', 'run 1:19 reflect: call of reflect.Value.Field on zero Value'],
    ['let quote = 1; quote', 'compile 1:5 cannot redeclare function quote'],
    ['fail()', 'run 1:1 no such thing'],
  ])('%s fails', (source, expected) => {
    expect(failure(source, options)).toBe(expected);
  });
});

describe('functions in the environment', () => {
  it('are called without a check', () => {
    expect(evaluate('f(1, "a").b', { f: (a, b) => ({ b: [a ?? null, b ?? null] }) })).toEqual([
      1n,
      'a',
    ]);
  });

  it('may run another expression, whose failure shows in full', () => {
    const inner = { f: () => evaluate('1 + nothing', {}) };
    expect(() => evaluate('[f()]', inner)).toThrow(
      /^invalid operation: int \+ <nil> \(1:3\)\n \| 1 \+ nothing\n \| \.\.\^ \(1:2\)\n \| \[f\(\)\]/,
    );
  });

  it('keep what they threw as the cause', () => {
    const cause = new Error('gone');
    const call = () =>
      evaluate('f()', {
        f: () => {
          throw cause;
        },
      });
    expect(call).toThrow(ExprError);
    expect(call).toThrow(expect.objectContaining({ cause, stage: 'run', column: 1 }));
  });
});

describe('JSON', () => {
  it('comes in as floats and maps without prototype', () => {
    const value = fromJson({ a: [1, null, 'x', true], __proto__: undefined });
    expect(evaluate('v.a[0]', { v: value })).toBe(1);
    expect(evaluate('v.toString', { v: value })).toBeNull();
    expect(() => fromJson(() => 1)).toThrow(TypeError);
  });

  it('goes out as plain values', () => {
    const value = evaluate('{a: 1, b: [2.5, nil], t: date("2024-01-02"), d: duration("1s")}', {});
    expect(toJson(value)).toEqual({
      a: 1,
      b: [2.5, null],
      t: '2024-01-02T00:00:00Z',
      d: 1_000_000_000,
    });
    expect(() => toJson(evaluate('groupBy([1], #)', {}))).toThrow('json: unsupported type');
  });
});
