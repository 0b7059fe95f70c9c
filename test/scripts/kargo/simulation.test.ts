import { expect, test } from 'vitest';
import { run, stageYaml, taskYaml } from './small-project.ts';

const ASK = `
- uses: http
  as: ask
  config:
    url: https://gate.example.com/state
    outputs: [{name: code, fromExpression: response.status}]
`;

test('a gate that believes a request nobody sent is simulated, and so is all that follows from it', async () => {
  const { result, events } = await run([
    stageYaml(`${ASK}
- uses: fail
  as: gate
  if: \${{ outputs.ask.code != 200 }}
  config: {message: refused}
- uses: compose-output
  as: verdict
  config: {passed: "\${{ outputs.ask.code == 200 }}"}
- uses: compose-output
  as: report
  config: {text: "\${{ outputs.verdict.passed }}"}
- uses: compose-output
  as: apart
  config: {text: own}
`),
  ]);
  const simulated = Object.fromEntries(result.steps.map((step) => [step.alias, step.simulated]));
  expect(simulated).toEqual({
    ask: expect.stringContaining('no request was sent to gate.example.com'),
    gate: 'depends on outputs of step "ask", which was simulated',
    verdict: 'depends on outputs of step "ask", which was simulated',
    report: 'depends on outputs of step "verdict", which was simulated',
    apart: undefined,
  });
  const told = events.filter((event) => event.type === 'step-finished' && event.simulated);
  expect(told).toHaveLength(4);
});

test('a task that reads its own simulated step by task.outputs is simulated', async () => {
  const task = taskYaml(
    'gate',
    '[]',
    `${ASK}
- uses: fail
  as: refuse
  if: \${{ task.outputs.ask.code != 200 }}
  config: {message: refused}
`,
  );
  const { result } = await run([task, stageYaml('- task: {name: gate}\n  as: g\n')]);
  expect(result.steps.map(({ simulated }) => simulated !== undefined)).toEqual([true, true]);
});

test('outputs by a computed name count as reading what was simulated', async () => {
  const { result } = await run([
    stageYaml(`${ASK}
- uses: compose-output
  as: all
  config: {text: "\${{ keys(outputs) }}"}
`),
  ]);
  expect(result.steps[1]?.simulated).toBeDefined();
});
