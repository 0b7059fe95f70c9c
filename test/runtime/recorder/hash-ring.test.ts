import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashRing } from '../../../runtime/recorder/hash-ring.ts';

const name = (n: number) => n.toString(16).padStart(40, '0').split('').reverse().join('');

describe('the ring of hashes', () => {
  it('holds what was added in the span and the last one before it, and nothing else', () => {
    const ring = new HashRing();
    ring.add(name(1), 10);
    ring.add(name(2), 20);
    ring.add(name(3), 30);
    ring.add(name(4), 40);
    expect([1, 2, 3, 4, 5].filter((n) => ring.held(name(n), 25, 35))).toEqual([2, 3]);
    expect(ring.newest).toBe(name(4));
  });

  it('answers as a plain list of the newest 4,096 would, however many are added', () => {
    const added = fc.array(fc.nat(40), { minLength: 1, maxLength: 9_000, size: 'max' });
    fc.assert(
      fc.property(
        added,
        fc.nat(40),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, wanted, at) => {
          const ring = new HashRing();
          all.forEach((n, index) => void ring.add(name(n), index));
          const from = Math.floor(at * all.length);
          const to = from + 20;
          const kept = all.map((n, index) => ({ n, index })).slice(-4_096);
          const before = kept.findLast(({ index }) => index < from);
          const inside = kept.filter(({ index }) => index >= from && index <= to);
          const expected = [...inside, ...(before === undefined ? [] : [before])];
          expect(ring.held(name(wanted), from, to)).toBe(expected.some(({ n }) => n === wanted));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('takes a text that is no hash for none', () => {
    const ring = new HashRing();
    ring.add('??', 1);
    expect(ring.held('??', 0, 2)).toBe(false);
  });
});
