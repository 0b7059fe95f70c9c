import { expect, it } from 'vitest';
import { delivery, freightOf, trailersOf } from './bundle.ts';

const SATURDAY = '2026-11-21T15:00:00Z';

it('a rollback needs no new evidence, and its commit names the promotion it goes back to', async () => {
  const second = freightOf('b'.repeat(40));
  const subject = delivery(SATURDAY, [second]);
  subject.evidence();
  const first = await subject.promote();
  subject.evidence({ freight: second });
  await subject.promote({ freight: second });
  // Days later the evidence of the first one is too old for a promotion.
  subject.at('2026-11-28T15:00:00Z');
  const back = await subject.promote();
  expect([first.phase, back.phase]).toEqual(['Succeeded', 'Succeeded']);
  const [once, twice, again] = subject.commits.map(trailersOf);
  expect(once).not.toHaveProperty('Rollback-To');
  expect(twice).not.toHaveProperty('Rollback-To');
  expect(again?.['Rollback-To']).toBe(once?.['Promotion']);
  expect(again).toMatchObject({ Freight: subject.freight.name, Image: once?.['Image'] });
});
