import { describe, expect, it } from 'vitest';
import { PayloadSlab } from '../../../runtime/recorder/payload-slab.ts';

describe('kept payloads', () => {
  it('have the same bytes, whatever becomes of the memory they came in', () => {
    const slab = new PayloadSlab();
    const kept: Buffer[] = [];
    const wanted: string[] = [];
    for (let n = 0; n < 5_000; n++) {
      const text = `${n}`.repeat((n % 700) + 1);
      const payload = Buffer.from(text);
      wanted.push(text);
      kept.push(slab.keep(payload));
      payload.fill(0);
    }
    expect(kept.map((payload) => payload.toString())).toEqual(wanted);
  });

  it('do not hold what they came in: one byte of each of a thousand large reads costs one slab', () => {
    const slab = new PayloadSlab();
    const holders = new Set<ArrayBufferLike>();
    for (let n = 0; n < 1_000; n++)
      holders.add(slab.keep(Buffer.alloc(65_536).subarray(0, 1)).buffer);
    expect(holders.size).toBe(1);
  });

  it('stay where they are when they are large, and may be empty', () => {
    const slab = new PayloadSlab();
    const large = Buffer.alloc(65_536);
    expect(slab.keep(large)).toBe(large);
    expect(slab.keep(Buffer.alloc(0))).toHaveLength(0);
  });
});
