import { describe, expect, test } from 'vitest';
import { ProjectState } from '../../../scripts/kargo/index.ts';
import { admitted, freight, project, run, START, stageYaml, taskYaml } from './small-project.ts';

function steps(...documents: readonly string[]) {
  const state = new ProjectState(project(...documents), () => START);
  return admitted(state, state.addFreight(freight()).freight.name).steps;
}

const TASK = taskYaml(
  'render',
  '[{name: path}, {name: message, value: default}]',
  `
- {uses: git-clear, config: {path: "\${{ vars.path }}"}}
- {uses: git-commit, as: commit, vars: [{name: own, value: o}], config: {path: ./out, message: "\${{ vars.message }}"}}
`,
);
const CALL = '{task: {name: render}, as: r, vars: [{name: path, value: ./out}]}';

describe('a task', () => {
  test('is replaced by its steps, with aliases behind its own and its vars on each step', () => {
    expect(steps(TASK, stageYaml(`- ${CALL}`))).toMatchObject([
      {
        uses: 'git-clear',
        as: 'r::step-1',
        vars: [
          { name: 'message', value: 'default' },
          { name: 'path', value: './out' },
        ],
      },
      {
        uses: 'git-commit',
        as: 'r::commit',
        vars: [
          { name: 'message', value: 'default' },
          { name: 'path', value: './out' },
          { name: 'own', value: 'o' },
        ],
      },
    ]);
  });

  test('takes a var of the Stage instead of its default', () => {
    const inflated = steps(TASK, stageYaml(`- ${CALL}`, 'vars: [{name: message, value: stage}]'));
    expect(inflated[0]?.vars).toEqual([{ name: 'path', value: './out' }]);
  });

  test.each(['', 'vars: [{name: path, value: ""}]'])(
    'without a value for a required var refuses the promotion (%s)',
    (vars) => {
      const document = stageYaml(
        `- {task: {name: render}, as: r${vars === '' ? '' : `, ${vars}`}}`,
      );
      const state = new ProjectState(project(TASK, document), () => START);
      const { name } = state.addFreight(freight()).freight;
      expect(
        state.admit(
          { stage: 'canary', freight: name },
          { username: 'alice', mayCreate: true, mayPromote: true },
        ),
      ).toMatchObject({
        allowed: false,
        code: 500,
        message: expect.stringContaining(
          'inflate task steps for task "render" ("r"): missing value for variable "path"',
        ),
      });
    },
  );

  test('that does not exist refuses the promotion and is named', () => {
    const state = new ProjectState(project(stageYaml(`- ${CALL}`)), () => START);
    const { name } = state.addFreight(freight()).freight;
    const request = { stage: 'canary', freight: name };
    expect(
      state.admit(request, { username: 'alice', mayCreate: true, mayPromote: true }),
    ).toMatchObject({
      code: 404,
      message: expect.stringContaining('PromotionTask.kargo.akuity.io "render" not found'),
    });
  });
});

describe('an alias that is not given', () => {
  test('counts the steps of the Stage before tasks are inflated', () => {
    const document = stageYaml(`
- ${CALL}
- {uses: git-push, config: {path: ./out}}
- {task: {name: render}, vars: [{name: path, value: x}]}
`);
    expect(steps(TASK, document).map(({ as }) => as)).toEqual([
      'r::step-1',
      'r::commit',
      'step-2',
      'task-3::step-1',
      'task-3::commit',
    ]);
  });
});

describe('outputs of a task', () => {
  const task = taskYaml(
    'gate',
    '[]',
    `
- uses: compose-output
  as: session
  config: {state: open}
- uses: compose-output
  as: verdict
  config: {text: "\${{ task.outputs.session.state }}"}
`,
  );

  test('are task.outputs inside it and surface under its alias for the steps after it', async () => {
    const { result } = await run([
      task,
      stageYaml(`
- {task: {name: gate}, as: gate}
- uses: compose-output
  as: after
  config: {state: "\${{ outputs.gate.state }}", long: "\${{ outputs['gate::verdict'].text }}"}
`),
    ]);
    expect(result.state['gate']).toEqual({ state: 'open', text: 'open' });
    expect(result.state['after']).toEqual({ state: 'open', long: 'open' });
  });

  test('and statuses are seen by short aliases inside it only', async () => {
    const { result } = await run([
      taskYaml(
        't',
        '[]',
        `
- {uses: compose-output, as: a, config: {x: "1"}}
- {uses: compose-output, as: b, config: {inside: "\${{ status('a') }}", outside: "\${{ status('s') }}"}}
`,
      ),
      stageYaml(`
- {uses: compose-output, as: s, config: {x: "1"}}
- {task: {name: t}, as: t}
- {uses: compose-output, as: after, config: {short: "\${{ status('a') }}", own: "\${{ status('s') }}"}}
`),
    ]);
    expect(result.state['t']).toEqual({ x: '1', inside: 'Succeeded', outside: '' });
    expect(result.state['after']).toEqual({ short: '', own: 'Succeeded' });
  });
});

describe('vars', () => {
  test('of the Promotion see earlier vars and the context, but no outputs and no success()', async () => {
    const { result } = await run([
      stageYaml(
        '- {uses: compose-output, as: a, config: {b: "${{ vars.b }}"}}',
        'vars: [{name: a, value: "${{ ctx.stage }}"}, {name: b, value: "${{ vars.a }}-b"}]',
      ),
    ]);
    expect(result.state['a']).toEqual({ b: 'canary-b' });
    const broken = await run([
      stageYaml(
        '- {uses: compose-output, as: a, config: {b: "1"}}',
        'vars: [{name: a, value: "${{ success() }}"}]',
      ),
    ]);
    expect(broken.result.message).toContain(
      'error pre-processing promotion variable "a": invalid operation: cannot call nil',
    );
  });
});
