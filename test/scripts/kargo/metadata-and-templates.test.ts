import { describe, expect, test } from 'vitest';
import { MemoryWorld } from '../../../scripts/kargo/index.ts';
import { evaluateTemplate } from '../../../scripts/kargo/template.ts';
import { freight, PROJECT, run, START, stageYaml } from './small-project.ts';

const EMPTY = { variables: {}, functions: {} };

describe('set-metadata', () => {
  const name = freight().name;
  const stage = stageYaml(`
- uses: set-metadata
  as: record
  config:
    updates:
    - kind: Freight
      name: \${{ ctx.targetFreight.name }}
      values: "\${{ {('breakGlass-' + ctx.stage + '-T1'): {'by': ctx.meta.promotion.actor} } }}"
- uses: compose-output
  as: read
  config:
    used: \${{ (freightMetadata(ctx.targetFreight.name) ?? {})['breakGlass-canary-T1'] != nil }}
    other: \${{ (freightMetadata(ctx.targetFreight.name) ?? {})['breakGlass-canary-T2'] != nil }}
`);

  test('records under a computed key, and later steps of the same promotion see it', async () => {
    const { result, world } = await run([stage]);
    expect(world.freightMetadata(PROJECT, name)).toEqual({
      'breakGlass-canary-T1': { by: 'alice' },
    });
    expect(result.state['read']).toEqual({ used: true, other: false });
  });

  test('adds to what is there, and null deletes a key', async () => {
    const world = new MemoryWorld({ project: PROJECT, freight: [name], stages: ['canary'] });
    world.setFreightMetadata(PROJECT, name, { old: 1, gone: 2 });
    await run(
      [
        stageYaml(`
- uses: set-metadata
  config: {updates: [{kind: Freight, name: "${name}", values: {new: 3, gone: null}}]}
`),
      ],
      { world },
    );
    expect(world.freightMetadata(PROJECT, name)).toEqual({ old: 1, new: 3 });
  });

  test('of an object that does not exist is an error in the API server’s words', async () => {
    const { result } = await run([
      stageYaml(
        '- {uses: set-metadata, as: m, config: {updates: [{kind: Stage, name: none, values: {a: 1}}]}}',
      ),
    ]);
    expect(result.message).toBe(
      'step "m" met error threshold of 1: error running step "m": error getting Stage: Stage.kargo.akuity.io "none" not found',
    );
  });
});

describe('the result of a template', () => {
  test.each([
    ['plain text stays as it is', '042', '042'],
    ['an expression’s digits become a number', '${{ "042" }}', 42],
    ['quote() keeps a text', '${{ quote("042") }}', '042'],
    ['text around an expression makes a text', 'v${{ 1 }}', 'v1'],
    ['expressions beside each other form one result', '${{ 1 }}.${{ 5 }}', 1.5],
    ['t is a boolean', '${{ "t" }}', true],
    ['JSON is read', '${{ "[1," }}2]', [1, 2]],
    ['the other delimiters hold braces', "${% {'a': {'b': 1}} %}", { a: { b: 1 } }],
    ['a missing value is null', '${{ nothing }}', null],
    ['a number out of range stays a text', '${{ "1e999" }}', '1e999'],
    ['nothing at all between delimiters ends the evaluation', 'a${{}}b${{ 1 }}', 'ab${{ 1 }}'],
    ['a trailing line break survives in a text', '${{ "x" }}\n', 'x\n'],
  ])('%s', (_name, template, value) => {
    expect(evaluateTemplate(template, EMPTY, 'x')).toEqual(value);
  });

  test('names the field of what is wrong', () => {
    expect(() => evaluateTemplate('${{ 1 + }}', EMPTY, 'config.message')).toThrow(
      expect.objectContaining({
        code: 'KARGO_TEMPLATE_INVALID',
        field: 'config.message',
        message: 'unexpected token EOF (1:5)\n |  1 + \n | ....^',
      }),
    );
  });
});

describe('now()', () => {
  test('is the time of the world, not of the machine', async () => {
    const { result } = await run([
      stageYaml(
        '- {uses: compose-output, as: a, config: {at: "${{ now().UTC().Format(\'2006-01-02T15:04:05Z\') }}"}}',
      ),
    ]);
    expect(result.state['a']).toEqual({
      at: new Date(START).toISOString().replace('.000Z', 'Z'),
    });
  });
});

describe('a ConfigMap', () => {
  test('that is missing reads as empty texts, and its keys are absent', async () => {
    const { result } = await run([
      stageYaml(
        `- {uses: compose-output, as: a, config: {text: "\${{ configMap('none').k ?? 'd' }}", has: "\${{ 'k' in configMap('none') }}"}}`,
      ),
    ]);
    expect(result.state['a']).toEqual({ text: '', has: false });
  });
});
