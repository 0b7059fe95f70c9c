import { describe, expect, test } from 'vitest';
import { type StepResult, type StepRunner, stepRunners } from '../../../scripts/kargo/index.ts';
import { fakeClock, run, START, stageYaml } from './small-project.ts';

const ERROR: StepResult = { status: 'Errored', message: 'cloning failed' };

/** A step that gives these answers one after the other, the last one for ever. */
function answering(...answers: readonly StepResult[]) {
  const seen: unknown[] = [];
  const runner: StepRunner = {
    kind: 'git-clone',
    validate: () => [],
    run: async (config, { previousOutput }) => {
      seen.push({ config, previousOutput });
      return answers[Math.min(seen.length, answers.length) - 1] ?? ERROR;
    },
  };
  return { seen, steps: new Map([[runner.kind, runner]]) };
}

function stage(retry = '{}'): string {
  return stageYaml(`
- uses: git-clone
  as: clone
  retry: ${retry}
  config: {at: "\${{ ctx.promotion }}"}
`);
}

describe('a step that errs', () => {
  test('ends the promotion at the first error, unless it has a threshold', async () => {
    const once = answering(ERROR);
    const { result } = await run([stage()], once);
    expect(once.seen).toHaveLength(1);
    expect(result.phase).toBe('Errored');
    expect(result.message).toBe(
      'step "clone" met error threshold of 1: error running step "clone": cloning failed',
    );
  });

  test('is tried again until its threshold', async () => {
    const thrice = answering(ERROR);
    const { result, events } = await run([stage('{errorThreshold: 3}')], thrice);
    expect(thrice.seen).toHaveLength(3);
    expect(result.message).toBe(
      'step "clone" met error threshold of 3: error running step "clone": cloning failed',
    );
    expect(result.steps[0]?.errorCount).toBe(3);
    expect(events.filter(({ type }) => type === 'step-waiting')).toHaveLength(2);
  });

  test('goes on when a later try succeeds', async () => {
    const second = answering(ERROR, { status: 'Succeeded', output: { n: 2 } });
    const { result } = await run([stage('{errorThreshold: 2}')], second);
    expect(result).toMatchObject({ phase: 'Succeeded', state: { clone: { n: 2 } } });
  });

  test('is not tried again when the error is final', async () => {
    const final = answering({ ...ERROR, terminal: true });
    const { result } = await run([stage('{errorThreshold: 3}')], final);
    expect(final.seen).toHaveLength(1);
    expect(result.message).toBe(
      'an unrecoverable error occurred: error running step "clone": cloning failed',
    );
  });

  test('that throws is an error of the step, not of the engine', async () => {
    const crash: StepRunner = {
      kind: 'git-clone',
      validate: () => [],
      run: async () => {
        throw new TypeError('not a function');
      },
    };
    const { result } = await run([stage()], { steps: new Map([[crash.kind, crash]]) });
    expect(result.message).toBe(
      'an unrecoverable error occurred: error running step "clone": step panicked: not a function',
    );
  });
});

describe('a step that is still running', () => {
  test('is asked again with its own output, not sooner than after ten seconds', async () => {
    const running = answering(
      { status: 'Running', output: { operation: 1 }, retryAfterMs: 1 },
      { status: 'Succeeded' },
    );
    const clock = fakeClock();
    const { result, events } = await run([stage()], { ...running, clock });
    expect(
      running.seen.map((call) => (call as { previousOutput: unknown }).previousOutput),
    ).toEqual([undefined, { operation: 1 }]);
    expect(events.find(({ type }) => type === 'step-waiting')).toMatchObject({ nextInMs: 10_000 });
    expect(clock.now()).toBe(START + 10_000);
    expect(result.phase).toBe('Succeeded');
  });

  test('is asked as often as the caller wants', async () => {
    const running = answering({ status: 'Running' }, { status: 'Succeeded' });
    const clock = fakeClock();
    await run([stage()], { ...running, clock, pollIntervalMs: 200 });
    expect(clock.now()).toBe(START + 200);
  });

  test('times out', async () => {
    const { result } = await run([stage('{timeout: 1m}')], answering({ status: 'Running' }));
    expect(result).toMatchObject({
      phase: 'Errored',
      message: 'step "clone" timed out after 1m0s',
    });
  });

  test('makes earlier outputs that are null vanish, as the API server drops them', async () => {
    const seen = (answers: readonly StepResult[]) =>
      run(
        [
          stageYaml(`
- {uses: compose-output, as: a, config: {gone: "\${{ nil }}", kept: "1"}}
- {uses: git-clone, as: clone, config: {}}
- {uses: compose-output, as: after, config: {keys: "\${{ keys(outputs.a) | sort() }}"}}
`),
        ],
        { steps: new Map([...stepRunners, ...answering(...answers).steps]) },
      );
    const polled = await seen([{ status: 'Running' }, { status: 'Succeeded' }]);
    expect(polled.result.state['after']).toEqual({ keys: ['kept'] });
    const atOnce = await seen([{ status: 'Succeeded' }]);
    expect(atOnce.result.state['after']).toEqual({ keys: ['gone', 'kept'] });
  });
});

describe('an abort', () => {
  test('ends a waiting step, and later steps are not even listed', async () => {
    const abort = new AbortController();
    const clock = {
      ...fakeClock(),
      sleep: async () => abort.abort('kubernetes:alice'),
    };
    const two = stageYaml(`
- {uses: git-clone, as: clone, config: {}}
- {uses: git-clone, as: after, if: "\${{ always() }}", config: {}}
`);
    const { result, statuses } = await run([two], {
      ...answering({ status: 'Running' }),
      clock,
      signal: abort.signal,
    });
    expect(statuses).toEqual(['clone Aborted']);
    expect(result).toMatchObject({
      phase: 'Aborted',
      message: 'Promotion terminated by kubernetes:alice',
    });
  });
});

describe('health checks', () => {
  test('are registered by steps that succeed', async () => {
    const healthCheck = { uses: 'argocd-update', input: { apps: [] } };
    const good = await run([stage()], answering({ status: 'Succeeded', healthCheck }));
    expect(good.result.healthChecks).toEqual([healthCheck]);
    const bad = await run([stage()], answering({ ...ERROR, healthCheck }));
    expect(bad.result.healthChecks).toEqual([]);
  });
});

describe('events', () => {
  test('show each step as it starts and as it ends, with its evaluated configuration', async () => {
    const { events, result } = await run([stage()], answering({ status: 'Succeeded' }));
    expect(events.map(({ type }) => type)).toEqual([
      'promotion-started',
      'step-started',
      'step-finished',
      'promotion-finished',
    ]);
    expect(events[2]).toMatchObject({ alias: 'clone', uses: 'git-clone', status: 'Succeeded' });
    expect(events[2]).toHaveProperty('config.at', expect.stringMatching(/^canary\.[0-9a-z]{26}\./));
    expect(events[3]).toMatchObject({ result });
  });
});
