import { describe, expect, it } from 'vitest';
import { gateClock, movedInstants } from '../../../scripts/rehearse/gate-clock.ts';
import { SCENARIOS, scenarioNamed } from '../../../scripts/rehearse/scenarios.ts';
import { delivery, freightOf, renderedConfigMap, validTicket } from '../../kargo/bundle.ts';

const SESSIONS = renderedConfigMap('market-sessions');
const FRIDAY_NOON = new Date('2026-11-20T17:00:00Z');
const SATURDAY = new Date('2026-11-21T17:00:00Z');
const at = (time: Date) => () => time;

describe('a scenario ends as it says, through the bundle’s own Stage', () => {
  it.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_, scenario) => {
      const clock = gateClock(SESSIONS, { at: null, market: scenario.market }, at(FRIDAY_NOON));
      const now = clock.now().toISOString();
      const first = freightOf('a'.repeat(40));
      const subject = delivery(now, [first]);
      subject.ticket({ ...validTicket(now, first), id: 'first-day' });
      expect((await subject.promote({ freight: first })).phase).toBe('Succeeded');
      subject.ticket(scenario.ticket ? validTicket(now, subject.freight) : {});
      if (!scenario.evidenceLost) subject.evidence();
      let last = await subject.promote();
      if (scenario.afterwards === 'promote again') {
        expect(last.phase).toBe('Succeeded');
        last = await subject.promote();
      }
      if (scenario.afterwards === 'roll back') {
        expect(last.phase).toBe('Succeeded');
        last = await subject.promote({ freight: first });
      }
      const refusing = last.steps.find(({ status }) => status === 'Failed')?.alias ?? null;
      expect(refusing).toBe(scenario.refusedBy);
      expect(last.phase === 'Succeeded' ? 'PROMOTED' : 'REFUSED').toBe(scenario.expected);
      expect(last.pushed).toBe(scenario.expected === 'PROMOTED');
    },
  );

  it('that nobody knows is refused with the names that are known', () => {
    expect(() => scenarioNamed('fire-drill')).toThrow(
      /market-closed, market-open-refused.*got fire-drill/,
    );
  });
});

describe('the clock of the gates', () => {
  it('is the machine’s own when the market is as wanted', () => {
    const clock = gateClock(SESSIONS, { at: null, market: 'closed' }, at(SATURDAY));
    expect(clock.override).toBeNull();
    expect(clock.now()).toEqual(SATURDAY);
    expect(gateClock(SESSIONS, { at: null, market: 'open' }, at(FRIDAY_NOON)).override).toBeNull();
  });

  it('moves to the next time when it is, and says so', () => {
    const closed = gateClock(SESSIONS, { at: null, market: 'closed' }, at(FRIDAY_NOON));
    expect(closed.now().toISOString()).toBe('2026-11-20T21:00:00.000Z');
    expect(closed.override?.why).toContain(
      'the market is open at the machine’s time'.replace('’', "'"),
    );
    const open = gateClock(SESSIONS, { at: null, market: 'open' }, at(SATURDAY));
    expect(open.now().toISOString()).toBe('2026-11-23T14:15:00.000Z');
  });

  it('does not begin minutes before the market opens', () => {
    const clock = gateClock(
      SESSIONS,
      { at: null, market: 'closed' },
      at(new Date('2026-11-20T14:00:00Z')),
    );
    expect(clock.now().toISOString()).toBe('2026-11-20T21:00:00.000Z');
  });

  it('stays the machine’s own where the calendar does not know: the gate will say so', () => {
    const later = new Date('2031-01-02T00:00:00Z');
    const clock = gateClock(SESSIONS, { at: null, market: 'closed' }, at(later));
    expect([clock.market, clock.override]).toEqual(['unknown', null]);
  });

  it('runs from the time asked for, and moves what the verifier wrote with it', () => {
    let machine = SATURDAY;
    const clock = gateClock(SESSIONS, { at: FRIDAY_NOON, market: 'closed' }, () => machine);
    machine = new Date('2026-11-21T17:00:05Z');
    expect(clock.now().toISOString()).toBe('2026-11-20T17:00:05.000Z');
    expect(
      movedInstants('{"finished_at":"2026-11-21T17:00:01.250Z","of":"2026-11-21"}', clock),
    ).toBe('{"finished_at":"2026-11-20T17:00:01.250Z","of":"2026-11-21"}');
  });
});
