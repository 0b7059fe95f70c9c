import { describe, expect, test } from 'vitest';
import { type StepRunner, stepRunners } from '../../../scripts/kargo/index.ts';
import { run, stageYaml, taskYaml } from './small-project.ts';

/** A step that leaves a trace when it runs, in place of git-push. */
function pushSpy(): { readonly steps: ReadonlyMap<string, StepRunner>; pushed: number } {
  const spy = { pushed: 0, steps: new Map(stepRunners) };
  spy.steps.set('git-push', {
    kind: 'git-push',
    validate: () => [],
    run: async () => {
      spy.pushed += 1;
      return { status: 'Succeeded' };
    },
  });
  return spy;
}

const GATE = taskYaml(
  'market-gate',
  '[{name: calendar}]',
  `
- uses: compose-output
  as: session
  config:
    state: \${{ configMap(vars.calendar).state }}
- uses: fail
  as: closed
  if: \${{ task.outputs.session.state != "closed" }}
  config: {message: "market is \${{ task.outputs.session.state }}"}
`,
);

describe('a refused gate', () => {
  const stage = stageYaml(`
- task: {name: market-gate}
  as: gate
  vars: [{name: calendar, value: sessions}]
- uses: git-push
  as: push
  config: {path: ./out}
`);

  test('fails the promotion in its own words, and nothing after it runs', async () => {
    const spy = pushSpy();
    const { result, statuses } = await run([GATE, stage], { steps: spy.steps });
    expect(result.phase).toBe('Failed');
    expect(result.message).toBe('step "gate::closed": failed: market is ');
    expect(statuses).toEqual(['gate::session Succeeded', 'gate::closed Failed', 'push Skipped']);
    expect(spy.pushed).toBe(0);
  });

  test('lets a later step with always() run', async () => {
    const spy = pushSpy();
    const always = stage.replace('as: push', 'as: push\n        if: ${{ always() }}');
    const { result, statuses } = await run([GATE, always], { steps: spy.steps });
    expect(statuses.at(-1)).toBe('push Succeeded');
    expect(spy.pushed).toBe(1);
    expect(result.phase).toBe('Failed');
  });

  test('stops a later step whose own if asks for success()', async () => {
    const spy = pushSpy();
    const asking = stage.replace('as: push', 'as: push\n        if: ${{ success() && true }}');
    const { statuses } = await run([GATE, asking], { steps: spy.steps });
    expect(statuses.at(-1)).toBe('push Skipped');
    expect(spy.pushed).toBe(0);
  });
});

describe('continueOnError', () => {
  test('lets later steps run and keeps the failure out of the outcome', async () => {
    const { result, statuses } = await run([
      stageYaml(`
- uses: fail
  as: gate
  continueOnError: true
  config: {message: "no"}
- uses: compose-output
  as: after
  config: {ok: "\${{ success() }}", gate: "\${{ status('gate') }}"}
`),
    ]);
    expect(statuses).toEqual(['gate Failed', 'after Succeeded']);
    expect(result).toMatchObject({ phase: 'Succeeded', message: '' });
    expect(result.state).toEqual({ after: { ok: true, gate: 'Failed' } });
  });
});

describe('the outcome of a promotion', () => {
  test('is Succeeded when every step was skipped by its own if', async () => {
    const { result, statuses } = await run([
      stageYaml(`
- uses: fail
  as: a
  if: \${{ false }}
  config: {message: "no"}
- uses: compose-output
  as: b
  if: \${{ ctx.stage == "full" }}
  config: {x: "1"}
`),
    ]);
    expect(statuses).toEqual(['a Skipped', 'b Skipped']);
    expect(result.phase).toBe('Succeeded');
  });

  test('is Errored when a step errored, whichever failed first, with the first message of that status', async () => {
    const { result, statuses } = await run([
      stageYaml(`
- uses: fail
  as: failed
  config: {message: "no"}
- uses: compose-output
  as: first
  if: \${{ always() }}
  config: {x: "\${{ outputs.none.x }}"}
- uses: compose-output
  as: second
  if: \${{ always() }}
  config: {x: "\${{ vars.none.x }}"}
`),
    ]);
    expect(statuses).toEqual(['failed Failed', 'first Errored', 'second Errored']);
    expect(result.phase).toBe('Errored');
    expect(result.message).toBe(
      'failed to build step context: failed to get step config: cannot fetch x from <nil> (1:15)\n |  outputs.none.x \n | ..............^',
    );
  });

  test('of a broken if is an error of that step, which never starts, and later steps are skipped', async () => {
    const { result, statuses, events } = await run([
      stageYaml(`
- uses: compose-output
  as: a
  if: "true"
  config: {x: "1"}
- uses: compose-output
  as: b
  config: {x: "1"}
`),
    ]);
    expect(statuses).toEqual(['a Errored', 'b Skipped']);
    expect(result.message).toBe(
      'error checking if step "a" should be skipped: expression must evaluate to a boolean, got string',
    );
    expect(result.steps[0]).toMatchObject({ startedAt: undefined, finishedAt: undefined });
    expect(events.find(({ type }) => type === 'step-finished')).toMatchObject({ field: 'if' });
  });
});

describe('a step kind', () => {
  test('that nobody knows is an error of the step that names it', async () => {
    const { result } = await run([
      stageYaml('- {uses: git-pusch, as: push, config: {path: ./out}}'),
    ]);
    expect(result.phase).toBe('Errored');
    expect(result.message).toContain('step kind "git-pusch" is not registered');
  });

  test('that Kargo has and no machine offline can carry out is simulated, and says so', async () => {
    const { result } = await run([
      stageYaml(`
- {uses: helm-update-chart, as: chart, config: {path: ./out}}
- {uses: http, as: ask, config: {url: "https://example.com"}}
- {uses: compose-output, as: a, config: {x: "1"}}
`),
    ]);
    expect(result.phase).toBe('Succeeded');
    expect(result.steps.map(({ simulated }) => simulated)).toEqual([
      expect.stringContaining('helm-update-chart was not carried out: it needs Helm'),
      expect.stringContaining('no request was sent to example.com'),
      undefined,
    ]);
  });

  test('that Kargo has and the caller left out stops the promotion before its first step', async () => {
    const stage = stageYaml(`
- {uses: compose-output, as: a, config: {x: "1"}}
- {uses: http, as: wait, config: {url: "https://example.com"}}
`);
    const only = new Map([...stepRunners].filter(([kind]) => kind !== 'http'));
    await expect(run([stage], { steps: only })).rejects.toMatchObject({
      code: 'KARGO_STEP_UNSUPPORTED',
      message: expect.stringContaining('step "wait" uses http'),
    });
  });
});

describe('a configuration', () => {
  test('that its schema refuses fails the step at once, in words that name the key', async () => {
    const { result } = await run([
      stageYaml('- {uses: fail, as: f, retry: {errorThreshold: 3}, config: {reason: "no"}}'),
    ]);
    expect(result).toMatchObject({
      phase: 'Failed',
      message: 'step "f": invalid fail config: (root): Additional property reason is not allowed',
    });
    expect(result.steps[0]?.errorCount).toBe(0);
  });

  test('that is missing is refused, and vars are not even evaluated for it', async () => {
    const { result } = await run([
      stageYaml('- {uses: fail, as: f}', "vars: [{name: broken, value: '${{ 1 + }}'}]"),
    ]);
    expect(result.message).toBe(
      'step "f": invalid fail config: (root): Invalid type. Expected: object, given: null',
    );
  });
});
