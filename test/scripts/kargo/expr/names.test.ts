import { describe, expect, it } from 'vitest';
import { names, parse } from '../../../../scripts/kargo/expr/index.ts';

const uses = (source: string) =>
  names(parse(source)).map(
    ({ path, called, from, args }) => `${from} ${path.join('.')}${called ? `(${args})` : ''}`,
  );

describe('names', () => {
  it.each([
    ['vars.image', ['0 vars.image']],
    ['vars["image"].x + ctx?.stage', ['0 vars.image.x', '18 ctx.stage']],
    ['outputs["step-1"].commit', ['0 outputs.step-1.commit']],
    [
      'imageFrom(vars.repo, warehouse("w")).Tag',
      ['0 imageFrom(2)', '10 vars.repo', '21 warehouse(1)'],
    ],
    ['vars[ctx.stage].x', ['0 vars', '5 ctx.stage']],
    ['a.b[i].c', ['0 a.b', '4 i']],
    ['len(users) > 1', ['4 users']],
    ['filter(users, .age > limit)', ['7 users', '21 limit']],
    ['let x = a; x.b + y', ['8 a', '17 y']],
    ['let f = a; f(1)', ['8 a']],
    ['$env.a.b', ['0 a.b']],
    ['x | foo(1)', ['0 x', '4 foo(2)']],
    ['{a: b}', ['4 b']],
    ['ctx.f(vars.a)', ['0 ctx.f', '6 vars.a']],
    ['1 < a < 3', ['4 a']],
    ['"a" + true', []],
  ])('%s', (source, expected) => {
    expect(uses(source)).toEqual(expected);
  });
});
