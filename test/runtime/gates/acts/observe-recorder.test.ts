import { expect, it } from 'vitest';
import { run } from '../run-in-world.ts';
import { World } from '../world.ts';

it('says what it sees of a long observation every fifteen seconds, and what did not answer', async () => {
  const world = new World();
  const begun = world.time;
  world.change.metrics = (text) =>
    world.time > begun + 25_000 && world.time < begun + 40_000 ? '' : text;
  await run(world, { observation: 60_000 });
  const said = world.progress.filter((line) => line.startsWith('observed '));
  expect(said).toEqual([
    expect.stringMatching(/^observed 1[5-9]s of 1m: \d+ data frames, 4 active tokens, 1 open conn/),
    expect.stringMatching(/^observed 3[0-6]s of 1m: no answer: .*empty/),
    expect.stringMatching(/^observed 4[5-9]s of 1m: \d+ data frames/),
  ]);
});
