import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { buildCalendar } from '../../../scripts/calendar/calendar.ts';
import { NO_EXCEPTIONS } from '../../../scripts/calendar/exceptions.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';

/** Tables of sessions made by another implementation; the first ends within a year. */
const TABLES = [
  { file: 'xnys.csv', first: 1990, last: 2023, through: '2023-01-13', sessions: 8324 },
  { file: 'xnys-2019-2032.csv', first: 2019, last: 2032, through: '2032-12-31', sessions: 3518 },
] as const;

describeWithShared(
  'the sessions calendar agrees with recorded sessions, day by day',
  'oracles',
  () => {
    it.each(TABLES)('$file', ({ file, first, last, through, sessions }) => {
      const recorded = new Map(
        readFileSync(sharedPath(`oracles/${file}`), 'utf8')
          .split('\n')
          .slice(1)
          .filter((line) => line !== '')
          .map((line) => {
            const [session = '', opens = '', closes = ''] = line.split(',');
            return [
              session.slice(0, 10),
              `${opens.slice(11, 16)}-${closes.slice(11, 16)}`,
            ] as const;
          }),
      );
      expect(recorded.size).toBe(sessions);
      const days = buildCalendar({ first, last }, NO_EXCEPTIONS).days.filter(
        ({ date }) => date <= through,
      );
      const different = days
        .map((day) => [
          day.date,
          day.kind === 'session' ? day.utc : day.kind,
          recorded.get(day.date) ?? 'closed',
        ])
        .filter(([, ours, theirs]) => ours !== theirs);
      expect(different).toEqual([]);
      expect(days.length).toBeGreaterThan(sessions);
    });
  },
);
