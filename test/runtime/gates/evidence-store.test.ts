import { describe, expect, it } from 'vitest';
import { latestEvidenceName, setLatest } from '../../../runtime/gates/evidence-store.ts';
import { evidenceOf } from './evidence-fixture.ts';
import { SUBJECT, World } from './world.ts';

const NAME = latestEvidenceName(SUBJECT);
const BEFORE = '2026-11-21T09:59:59.000Z';
const AFTER = '2026-11-21T10:00:01.000Z';

describe('the latest verdict of a run', () => {
  const document = evidenceOf('FAIL');

  it.each([
    ['that of its own, whenever that says it began', document.run, AFTER],
    ['that of another run that began earlier', 'another', BEFORE],
    ['that of another run that began at the same moment', 'another', document.started_at],
    ['one that does not say when it began', 'another', ''],
  ])('replaces %s', async (_what, run, startedAt) => {
    const world = await withLatest(run, startedAt);
    await setLatest(world, SUBJECT, document);
    expect(latestOf(world)).toMatchObject({ verdict: 'FAIL', run: document.run });
  });

  it('never that of another run that began later', async () => {
    const world = await withLatest('another', AFTER);
    await expect(setLatest(world, SUBJECT, document)).rejects.toThrow('belongs to a later run');
    expect(latestOf(world)).toMatchObject({ verdict: 'PASS', run: 'another' });
  });
});

async function withLatest(run: string, startedAt: string): Promise<World> {
  const world = new World();
  const data = { verdict: 'PASS', run, startedAt };
  await world.putConfigMap(SUBJECT.project, NAME, data, { immutable: false, labels: {} });
  return world;
}

function latestOf(world: World): Readonly<Record<string, string>> | undefined {
  return world.configMaps.get(`${SUBJECT.project}/${NAME}`)?.data;
}
