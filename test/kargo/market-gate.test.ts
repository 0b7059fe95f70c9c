import { describe, expect, it } from 'vitest';
import { buildCalendar } from '../../scripts/calendar/calendar.ts';
import { configMapData } from '../../scripts/calendar/config-map.ts';
import { days } from '../../scripts/calendar/day.ts';
import { marketStateAt } from '../../scripts/calendar/decision.ts';
import { NO_EXCEPTIONS } from '../../scripts/calendar/exceptions.ts';
import { SETTINGS } from '../settings.ts';
import { delivery, freightOf, type Outcome, PROJECT, renderedConfigMap, UI } from './bundle.ts';

const MARGIN = 15;
const EDGES = [
  '13:14:59',
  '13:15:00',
  '14:14:59',
  '14:15:00',
  '17:59:59',
  '18:00:00',
  '19:59:59',
  '20:00:00',
  '21:00:00',
];
const OPEN = '2026-11-20T15:00:00Z';

/** What the gate decided at a time, with evidence at hand and no ticket. */
async function decided(
  time: string,
  calendar?: Readonly<Record<string, string>> | null,
): Promise<Outcome> {
  const it = delivery(time);
  if (calendar !== undefined) it.configMap('market-sessions', calendar);
  it.evidence();
  return it.promote();
}

/** Another calendar than the committed one: other years, and the margin of choice. */
function sessions(year: number, marginMinutes = 0): Readonly<Record<string, string>> {
  return configMapData(
    buildCalendar({ first: year, last: year }, { ...NO_EXCEPTIONS, marginMinutes }),
  );
}

describe('the market gate opens and closes on the second', () => {
  it.each([
    // Without margin, in New York: 09:29:59, 09:30:00, 15:59:59, 16:00:00.
    ['winter', '2026-11-20', ['14:29:59', '14:30:00', '20:59:59', '21:00:00'], 0],
    ['summer', '2026-07-15', ['13:29:59', '13:30:00', '19:59:59', '20:00:00'], 0],
    [
      'the Friday before the clocks go forward',
      '2026-03-06',
      ['14:29:59', '14:30:00', '20:59:59', '21:00:00'],
      0,
    ],
    [
      'the Monday after they went forward',
      '2026-03-09',
      ['13:29:59', '13:30:00', '19:59:59', '20:00:00'],
      0,
    ],
    [
      'the Friday before they go back',
      '2026-10-30',
      ['13:29:59', '13:30:00', '19:59:59', '20:00:00'],
      0,
    ],
    [
      'the Monday after they went back',
      '2026-11-02',
      ['14:29:59', '14:30:00', '20:59:59', '21:00:00'],
      0,
    ],
    ['a half day', '2026-11-27', ['14:29:59', '14:30:00', '17:59:59', '18:00:00'], 0],
    ['with the margin', '2026-11-20', ['14:14:59', '14:15:00', '20:59:59', '21:00:00'], MARGIN],
  ] as const)('%s, %s', async (_, day, [before, first, last, after], margin) => {
    const calendar = sessions(2026, margin);
    for (const time of [before, after]) {
      expect(await decided(`${day}T${time}Z`, calendar)).toMatchObject({
        phase: 'Succeeded',
        pushed: true,
      });
    }
    for (const time of [first, last]) {
      const refused = await decided(`${day}T${time}Z`, calendar);
      expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
      expect(refused.message).toMatch(
        /^step "market-gate::closed": failed: Market gate: US equities trade /,
      );
    }
  });

  it.each(['2026-11-26', '2026-12-25', '2026-07-03', '2026-11-21', '2027-01-01', '2026-04-03'])(
    'lets everything pass on %s, when the exchange is closed',
    async (day) => {
      expect(await decided(`${day}T16:00:00Z`)).toMatchObject({ phase: 'Succeeded', pushed: true });
    },
  );

  it('decides as the calendar does, at every edge of two weeks with a change of clocks and one with a half day', async () => {
    const data = renderedConfigMap('market-sessions');
    const subject = delivery(OPEN);
    const different: string[] = [];
    for (const day of [...days('2026-10-28', '2026-11-04'), ...days('2026-11-25', '2026-11-30')]) {
      for (const time of EDGES) {
        subject.at(`${day}T${time}Z`);
        subject.evidence();
        const passed = (await subject.promote()).pushed;
        const closed = marketStateAt(data, new Date(`${day}T${time}Z`)) === 'closed';
        if (passed !== closed) different.push(`${day} ${time}`);
      }
    }
    expect(different).toEqual([]);
  }, 120_000);
});

describe('the market gate refuses what it does not know, and no ticket opens it', () => {
  const known = renderedConfigMap('market-sessions');
  it.each([
    ['a date that is missing', { ...known, '2026-11-21': '' }],
    ['a date past knownThrough', { ...known, knownThrough: '2026-11-20' }],
    ['no knownThrough', { ...known, knownThrough: '' }],
    ['no margin', { ...known, marginMinutes: '' }],
    ['a margin that is no number', { ...known, marginMinutes: 'ten' }],
    ['an entry that is no entry', { ...known, '2026-11-21': 'Closed' }],
    ['an hour that does not exist', { ...known, '2026-11-21': '14:30-25:00' }],
    ['a session that ends before it begins', { ...known, '2026-11-21': '21:00-14:30' }],
    ['an empty ConfigMap', {}],
    ['no ConfigMap at all', null],
  ])('%s', async (_, calendar) => {
    const subject = delivery('2026-11-21T16:00:00Z');
    subject.configMap('market-sessions', calendar);
    subject.evidence();
    subject.ticket({
      id: 'INC-42',
      stage: 'full',
      freight: subject.freight.name,
      operator: 'alice',
      justification: 'the recorder loses frames right now',
      expiresAt: '2026-11-21T17:00:00Z',
    });
    const refused = await subject.promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toContain(
      'it is unknown whether US equities trade at 2026-11-21T16:00:00Z',
    );
    expect(refused.message).toContain('npm run calendar');
    expect(subject.world.freightMetadata(PROJECT, subject.freight.name)).toBeNull();
  });
});

it('the market gate pushes nothing while the API server gives no calendar, and says why', async () => {
  const subject = delivery('2026-11-21T16:00:00Z');
  subject.evidence();
  const given = subject.world.configMap.bind(subject.world);
  subject.world.configMap = (namespace, name) => {
    if (name === 'market-sessions') throw new Error('etcdserver: request timed out');
    return given(namespace, name);
  };
  const refused = await subject.promote();
  expect(refused).toMatchObject({ phase: 'Errored', pushed: false, done: ['market-gate::clock'] });
  expect(refused.message).toContain('etcdserver: request timed out');
});

describe('a refusal of the market gate', () => {
  it('says in one short paragraph what is open until when, when to come back and how to file a ticket', async () => {
    const { message } = await decided(OPEN);
    expect(message).not.toContain('\n');
    expect(message).toContain('US equities trade 14:30-21:00 UTC (09:30-16:00 New York)');
    expect(message).toContain('Promote from 2026-11-20 21:00 UTC (16:00 New York) on');
    expect(message).toContain('the gate closes 15 minutes before');
    expect(message).toContain('nothing was pushed, full runs on unchanged');
    expect(message).toContain(
      `ConfigMap break-glass (link File a ticket): id, stage full, freight ${freightOf().name}, operator alice`,
    );
    expect(message).toContain('Ticket now: none is filed');
    expect(message).toContain('its health as unknown');
    expect(message.length).toBeLessThan(650);
  });

  it('leaves every step after it alone and writes nothing', async () => {
    const subject = delivery(OPEN);
    subject.evidence();
    const refused = await subject.promote();
    expect(refused.done).toEqual([
      'market-gate::clock',
      'market-gate::session',
      'market-gate::ticket',
    ]);
    expect(subject.world.freightMetadata(PROJECT, subject.freight.name)).toBeNull();
    expect(subject.state.current('full')).toEqual([]);
  });

  it('offers absolute links to the ticket form, the runbook, the Freight and the rendered branch', async () => {
    const { state } = await decided(OPEN);
    const { links } = state['market-gate::session'] as { links: { url: string; label: string }[] };
    expect(links.map(({ label, url }) => [label, url])).toEqual([
      ['File a ticket', `${UI}/project/${PROJECT}/settings/config-maps`],
      ['Runbook', `${SETTINGS.browseURL}/main/docs/operations/market-hours.md`],
      ['Freight', `${UI}/project/${PROJECT}/freight/${freightOf().name}`],
      ['Rendered branch', `${SETTINGS.browseURL}/stage/full`],
    ]);
  });

  it('names the reason and the end of a freeze', async () => {
    const calendar = configMapData(
      buildCalendar(
        { first: 2026, last: 2026 },
        {
          ...NO_EXCEPTIONS,
          freezes: [
            { from: '2026-11-21', through: '2026-11-22', reason: 'data-quality review of October' },
          ],
        },
      ),
    );
    for (const time of ['2026-11-21T00:00:00Z', '2026-11-22T23:59:59Z']) {
      const { message, pushed } = await decided(time, calendar);
      expect(pushed).toBe(false);
      expect(message).toContain('promotions are frozen: data-quality review of October');
      expect(message).toContain('Promote from 2026-11-23 00:00 UTC (2026-11-22 19:00 New York) on');
    }
    expect(await decided('2026-11-23T00:00:00Z', calendar)).toMatchObject({ pushed: true });
  });
});

describe('the market gate asks once more before the push', () => {
  it('refuses when the market opened while the release was rendered', async () => {
    const subject = delivery('2026-11-20T14:14:58Z');
    subject.evidence();
    const refused = await subject.promote({
      before: (alias) => {
        if (alias === 'render::commit') subject.at('2026-11-20T14:15:00Z');
      },
    });
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toMatch(
      /^step "market-gate-before-push::closed": failed: Market gate: /,
    );
    expect(subject.commits).toHaveLength(1);
  });
});
