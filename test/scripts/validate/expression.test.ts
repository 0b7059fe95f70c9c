import { describe, expect, it } from 'vitest';
import { expressionsIn } from '../../../scripts/validate/expression-text.ts';
import { briefly, judgeTexts } from './judging.ts';

/** Stands right before the fault, and is taken out. */
const FAULT = '‸';
const HEAD = `apiVersion: kargo.akuity.io/v1alpha1
kind: PromotionTask
metadata: {name: t, namespace: ns}
spec:
`;

describe('expressions', () => {
  it.each([
    ['plain', '  steps:\n  - uses: fail\n    config:\n      message: x ${{ a +‸* b }}\n'],
    [
      'single-quoted',
      "  steps:\n  - uses: fail\n    config:\n      message: 'it''s ${{ a +‸* b }}'\n",
    ],
    [
      'double-quoted',
      '  steps:\n  - uses: fail\n    config:\n      message: "\\"x\\" ${{ a +‸* b }}"\n',
    ],
    [
      'a folded block',
      '  steps:\n  - uses: fail\n    config:\n      message: >-\n        ${{ a\n        +‸* b }}\n',
    ],
    [
      'the second of two',
      '  steps:\n  - uses: fail\n    config:\n      message: ${{ 1 }} ${{ b ‸b }}\n',
    ],
    ['other delimiters', '  steps:\n  - uses: fail\n    config:\n      message: ${% a +‸* b %}\n'],
    [
      'astral characters before it',
      '  steps:\n  - uses: fail\n    config:\n      message: 😀 ${{ "😀" +‸* b }}\n',
    ],
    ['if', '  steps:\n  - uses: fail\n    if: ${{ a ‸b }}\n    config: {message: m}\n'],
    [
      'vars of a step',
      '  steps:\n  - uses: fail\n    vars:\n    - name: v\n      value: ${{ a ‸b }}\n    config: {message: m}\n',
    ],
    [
      'vars of a task',
      '  vars:\n  - name: v\n    value: ${{ a ‸b }}\n  steps:\n  - uses: fail\n    config: {message: m}\n',
    ],
    [
      'deep in a config',
      '  steps:\n  - uses: compose-output\n    config: {a: [{b: "${{ a ‸b }}"}]}\n',
    ],
  ])('have the place of their fault: %s', (_, spec) => {
    const lines = HEAD.concat(spec.slice(0, spec.indexOf(FAULT))).split('\n');
    const text = HEAD.concat(spec.replace(FAULT, ''));
    expect(briefly(judgeTexts({ 'task.yaml': text }).findings)).toEqual([
      `kargo/expression ${lines.length}:${(lines.at(-1) ?? '').length + 1}`,
    ]);
  });

  it('are counted, also sound ones', () => {
    const spec =
      '  steps:\n  - uses: compose-output\n    config: {a: "${{ 1 }}-${{ 2 }}", b: no}\n';
    expect(judgeTexts({ 'task.yaml': HEAD + spec }).expressions).toBe(2);
  });

  it('may call what exists in their place only', () => {
    const spec = `  vars:
  - name: v
    value: \${{ failure() }}
  steps:
  - uses: fail
    if: \${{ failure() && imagesFrom("x") == nil }}
    config: {message: "\${{ let f = 1; quote(status('a')) + upper('b') }}"}
`;
    expect(briefly(judgeTexts({ 'task.yaml': HEAD + spec }).findings)).toEqual([
      'kargo/unknown-function 7:16',
      'kargo/unknown-function 10:26',
    ]);
  });

  it('end at the first end delimiter, and what follows an empty one is plain text', () => {
    expect(expressionsIn('a ${{ "}}" }} b').expressions.map(({ source }) => source)).toEqual([
      ' "',
    ]);
    expect(expressionsIn('${{}} ${{ a')).toEqual({ expressions: [], unclosed: null });
    expect(expressionsIn('x ${% a }}').unclosed).toEqual({ at: 2, end: '%}' });
  });
});
