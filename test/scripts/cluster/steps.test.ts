import { describe, expect, it } from 'vitest';
import { ClusterError } from '../../../scripts/cluster/failure.ts';
import { outcomeOf, runSteps, type StepResult } from '../../../scripts/cluster/steps.ts';

const good = (name: string) => ({
  name,
  run: async () => ({ state: 'changed' as const, detail: 'made' }),
});

describe('steps', () => {
  it('name what was done, what failed and what was not started', async () => {
    const told: StepResult[] = [];
    const broken = {
      name: 'second',
      run: () => Promise.reject(new ClusterError('FORBIDDEN', 'you may not')),
    };
    const result = await runSteps([good('first'), broken, good('third')], (one) => told.push(one));
    expect(result.ok).toBe(false);
    expect(result.error?.code).toBe('FORBIDDEN');
    expect(told.map(({ name, state }) => `${name}: ${state}`)).toEqual([
      'first: changed',
      'second: failed',
      'third: not started',
    ]);
  });

  it('let errors through that nobody expected', async () => {
    const bug = { name: 'bug', run: () => Promise.reject(new TypeError('a bug')) };
    await expect(runSteps([bug], () => undefined)).rejects.toThrow('a bug');
  });

  it('are unchanged only if no object changed', () => {
    const same = { object: 'Secret a/b', change: 'unchanged' };
    const made = { object: 'Secret a/c', change: 'created' };
    expect(outcomeOf([same], false).state).toBe('unchanged');
    expect(outcomeOf([same, made], false)).toEqual({
      state: 'changed',
      detail: 'Secret a/c created',
    });
    expect(outcomeOf([same, made], true).state).toBe('would change');
  });
});
