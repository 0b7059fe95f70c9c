import { expect, it } from 'vitest';
import { observe } from '../../../runtime/gates/observation.ts';
import { World } from './world.ts';

it('looks once a pause, at the very end of its time, and while a connection is lost until it has to be back', async () => {
  const waits: number[] = [];
  let time = 0;
  const { startedAt, endedAt, failures } = await observe({
    platform: new World(),
    namespace: 'orderbooks-canary',
    pod: 'none',
    durationMs: 101_000,
    reconnectWithinMs: 2_000,
    signal: new AbortController().signal,
    now: () => new Date(time),
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      time += milliseconds;
    },
  });
  expect(waits).toEqual([...Array(20).fill(5_000), 1_000, 2_000]);
  expect(endedAt.getTime() - startedAt.getTime()).toBe(103_000);
  expect(failures).toHaveLength(23);
});
