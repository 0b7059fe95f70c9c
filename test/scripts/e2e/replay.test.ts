import { expect, test } from 'vitest';
import { differencesOf, type Outcome } from '../../../scripts/e2e/replay.ts';

const outcome = (commit: string, changes: Partial<Outcome> = {}): Outcome => ({
  phase: 'Succeeded',
  message: '',
  inflated: [{ uses: 'git-push', as: 'publish::push' }],
  steps: [{ alias: 'publish::push', status: 'Succeeded', message: '' }],
  waitedAt: null,
  state: { 'publish::push': { branch: 'stage/full', commit } },
  freightMetadata: {},
  branch: { tree: 'f00d', commit, message: 'full: 0123456789ab' },
  ...changes,
});

test('the same tree committed at another time is no difference', () => {
  expect(differencesOf(outcome('aaaa'), outcome('bbbb'))).toEqual([]);
});

test('keys in another order are no difference', () => {
  const left = outcome('aaaa', { freightMetadata: { a: 1, b: 2 } });
  const right = outcome('bbbb', { freightMetadata: { b: 2, a: 1 } });
  expect(differencesOf(left, right)).toEqual([]);
});

test.each<[string, Partial<Outcome>]>([
  ['phase', { phase: 'Failed' }],
  ['message', { message: 'another' }],
  ['inflated step 0', { inflated: [{ uses: 'git-push', as: 'push' }] }],
  ['step publish::push', { steps: [{ alias: 'publish::push', status: 'Failed', message: '' }] }],
  ['waiting', { waitedAt: 'market-gate::wait' }],
  ['state', { state: {} }],
  ['Freight metadata', { freightMetadata: { 'ranIn-full': {} } }],
  [
    'tree of the branch',
    { branch: { tree: 'beef', commit: 'bbbb', message: 'full: 0123456789ab' } },
  ],
  ['commit message', { branch: { tree: 'f00d', commit: 'bbbb', message: 'another' } }],
])('another %s is named', (what, changes) => {
  const [line] = differencesOf(outcome('aaaa'), outcome('bbbb', changes));
  expect(line).toMatch(new RegExp(`^${what}: Kargo .*, engine `));
});

test('a branch that only one of them made is a difference', () => {
  expect(differencesOf(outcome('aaaa', { branch: null }), outcome('bbbb'))).toContain(
    'tree of the branch: Kargo null, engine "f00d"',
  );
});
