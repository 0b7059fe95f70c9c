import { expect, it } from 'vitest';
import type { FactName } from '../../../runtime/gates/facts.ts';
import { combined, type Gate } from '../../../runtime/gates/gates.ts';
import { policy } from '../../../runtime/gates/policy.ts';
import { gateNamed } from './run-in-world.ts';

const USUAL = policy.parse({});

it.each<
  [string, readonly FactName[] | null, readonly FactName[] | null, readonly FactName[] | null]
>([
  [
    'all that either comes after',
    ['promoted'],
    ['observation', 'promoted'],
    ['promoted', 'observation'],
  ],
  ['everything before, if the first does', null, ['promoted'], null],
  ['everything before, if the second does', ['promoted'], null, null],
  ['everything before, if both do', null, null, null],
])('an act that two gates have comes after %s', (_what, first, second, both) => {
  const gate = combined([withAfter(first), withAfter(second)]);
  expect(gate.acts.find(({ fact }) => fact === 'podsAtEnd')?.after(USUAL)).toEqual(both);
});

it('an act that two gates have needs, requires and is answered by what either says', () => {
  const [smoke, snapshots] = [gateNamed('ws-smoke'), gateNamed('collector-smoke')];
  const upload = combined([smoke, snapshots]).acts.find(({ fact }) => fact === 'upload');
  expect(upload?.needs).toEqual(['promoted', 'collectorPod']);
  expect(upload?.answeredBy).toEqual(['upload-verified', 'snapshots-uploaded']);
});

function withAfter(after: readonly FactName[] | null): Gate {
  const gate = gateNamed('ws-smoke');
  const acts = gate.acts.map((act) =>
    act.fact === 'podsAtEnd' ? { ...act, after: () => after } : act,
  );
  return { ...gate, acts };
}
