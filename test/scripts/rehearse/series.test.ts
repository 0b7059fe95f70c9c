import { describe, expect, it } from 'vitest';
import { gateClock } from '../../../scripts/rehearse/gate-clock.ts';
import type { Trial, Verdict } from '../../../scripts/rehearse/result.ts';
import { SCENARIOS, type Scenario, SERIES } from '../../../scripts/rehearse/scenarios.ts';
import {
  deviations,
  type Hands,
  playSeries,
  trialTable,
} from '../../../scripts/rehearse/series.ts';
import { delivery, freightOf, renderedConfigMap, validTicket } from '../../kargo/bundle.ts';
import { rehearse } from './program.ts';

const SESSIONS = renderedConfigMap('market-sessions');
const FRIDAY_NOON = new Date('2026-11-20T17:00:00Z');
const EVIDENCE = /\/evidence-/;

/** Both stages as the rehearsal has them once the canary is judged, with the bundle's own promotions by the engine. */
async function hands(): Promise<Hands> {
  const machine = () => FRIDAY_NOON;
  const closed = gateClock(SESSIONS, { at: null, market: 'closed' }, machine);
  const open = gateClock(SESSIONS, { at: null, market: 'open', notBefore: closed.now() }, machine);
  const first = freightOf('a'.repeat(40));
  const subject = delivery(closed.now().toISOString(), [first]);
  let now = closed.now().toISOString();
  subject.ticket({ ...validTicket(now, first), id: 'first-day' });
  expect((await subject.promote({ freight: first })).phase).toBe('Succeeded');
  subject.evidence();
  let filed = false;
  let pushes = 0;
  return {
    market: (state) => {
      now = { open, closed }[state].now().toISOString();
      subject.at(now);
      // As the rehearsal's own: what the verifier wrote is moved with the clock.
      if ([...subject.world.configMaps.keys()].some((name) => EVIDENCE.test(name)))
        subject.evidence();
    },
    fileTicket: () => {
      if (!filed) subject.ticket(validTicket(now, subject.freight));
      filed = true;
    },
    clearTicket: () => {
      subject.ticket({});
      filed = false;
    },
    loseEvidence: () => {
      const { configMaps } = subject.world;
      const lost = [...configMaps].filter(([name]) => EVIDENCE.test(name));
      for (const [name] of lost) configMaps.delete(name);
      return () => {
        for (const [name, data] of lost) configMaps.set(name, data);
      };
    },
    promote: async (version) => {
      const { phase, steps, message, pushed } = await subject.promote(
        version === 1 ? { freight: first } : {},
      );
      if (pushed) pushes += 1;
      const by = steps.find(({ status }) => status === 'Failed')?.alias ?? null;
      return { ended: phase === 'Succeeded' ? 'PROMOTED' : 'REFUSED', by, message };
    },
    full: () => `${pushes} pushes`,
  };
}

async function played(scenarios: readonly Scenario[], by?: Hands): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  for await (const trial of playSeries(scenarios, by ?? (await hands()))) trials.push(trial);
  return trials;
}

const inverted = (scenario: Scenario): Scenario =>
  scenario.expected === 'PROMOTED'
    ? { ...scenario, expected: 'REFUSED', refusedBy: 'market-gate::closed' }
    : { ...scenario, expected: 'PROMOTED', refusedBy: null };

describe('all scenarios on one set-up', () => {
  it('are every scenario, each once', () => {
    expect(SERIES.map(({ name }) => name).sort()).toEqual(SCENARIOS.map(({ name }) => name).sort());
  });

  it('end as each of them says, through the bundle’s own Stage', async () => {
    const trials = await played(SERIES);
    expect(deviations(trials)).toEqual([]);
    expect(trials.map(({ name, ended, endedBy }) => [name, ended, endedBy])).toEqual([
      ['evidence-missing', 'REFUSED', 'evidence-gate::refused'],
      ['market-closed', 'PROMOTED', null],
      ['rollback', 'PROMOTED', null],
      ['market-open-refused', 'REFUSED', 'market-gate::closed'],
      ['break-glass-used', 'PROMOTED', null],
      ['second-use-refused', 'REFUSED', 'market-gate::closed'],
    ]);
  });

  it.each(['rollback', 'second-use-refused'])(
    'make what %s needs where no scenario came before it',
    async (name) => {
      const trials = await played(SERIES.filter((scenario) => scenario.name === name));
      expect(trials).toMatchObject([{ name, asExpected: true }]);
    },
  );

  it.each(SERIES.map(({ name }) => name))(
    'are red when the expectation of %s is inverted, and only that one is',
    async (name) => {
      const trials = await played(
        SERIES.map((scenario) => (scenario.name === name ? inverted(scenario) : scenario)),
      );
      expect(deviations(trials).map((trial) => trial.name)).toEqual([name]);
      expect(trialTable(trials)).toMatch(new RegExp(`^${name} .* DEVIATES`, 'm'));
    },
  );

  it.each<[string, Verdict, string | null, boolean]>([
    ['is refused by another gate', 'REFUSED', 'evidence-gate::refused', false],
    ['fails without a gate', 'FAILED', null, false],
    ['is refused after full was touched', 'REFUSED', 'market-gate::closed', true],
  ])('are red when one %s', async (_, ended, by, touches) => {
    const refused = SERIES.filter(({ name }) => name === 'market-open-refused');
    const real = await hands();
    let touched = 0;
    const trials = await played(refused, {
      ...real,
      promote: async () => {
        if (touches) touched += 1;
        return { ended, by, message: 'made up' };
      },
      full: () => String(touched),
    });
    expect(deviations(trials)).toHaveLength(1);
  });

  it.each([
    ['--fault', 'drops-frames'],
    ['--until', 'canary'],
    ['--at', '2026-11-20T15:00:00Z'],
    ['--ticket', undefined],
  ])('go with no %s, which is said before anything starts', async (option, value) => {
    const words = value === undefined ? [option] : [option, value];
    const { code, stderr, leftovers } = await rehearse(['--scenario', 'all', ...words]);
    expect([code, leftovers]).toEqual([2, []]);
    expect(stderr).toContain(`SCENARIO_CONFLICT: expected --scenario all without ${option}`);
  });

  it('are red when a promotion succeeds and full stays as it was', async () => {
    const plain = SERIES.filter(({ name }) => name === 'market-closed');
    const trials = await played(plain, { ...(await hands()), full: () => 'the same' });
    expect(trials[0]?.message).toContain('full is as before');
    expect(deviations(trials)).toHaveLength(1);
  });
});
