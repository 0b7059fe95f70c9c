import { PROJECT } from '../settings/names.ts';
import type { Calendar, CalendarDay } from './calendar.ts';
import { beginning } from './new-york.ts';

export const CALENDAR_NAME = 'market-sessions';
export const FREEZE_ENTRY = '00:00-24:00';

const SCHEMA = '../schemas/kinds/configmap-v1.json';

/**
 * The calendar as the gate reads it: one key per UTC date with `closed` or `HH:MM-HH:MM` in UTC, and beside it what the
 * gate's words need. Every key and value is quoted: YAML would take a date for a time and a number for a number.
 */
export function configMapData(calendar: Calendar): Readonly<Record<string, string>> {
  return {
    knownFrom: calendar.from,
    knownThrough: calendar.through,
    marginMinutes: String(calendar.marginMinutes),
    ...Object.fromEntries(calendar.days.flatMap(entriesOf)),
  };
}

/** The file kargo/configmap-market-sessions.yaml. */
export function configMapFile(calendar: Calendar): string {
  const lines = Object.entries(configMapData(calendar)).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `# yaml-language-server: $schema=${SCHEMA}
# Written by \`npm run calendar\` from the exchange's rules and market-exceptions.yaml: do not edit.
# Regular hours of the NYSE by UTC date: closed, or from-until in UTC; what the market gate decides from.
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${CALENDAR_NAME}
  namespace: ${PROJECT}
data:
${lines.join('\n')}
`;
}

/** What stops promotions on a day, in UTC. */
export function entryOf(of: CalendarDay): string {
  if (of.kind === 'freeze') return FREEZE_ENTRY;
  return of.kind === 'session' ? of.utc : 'closed';
}

function entriesOf(of: CalendarDay): readonly (readonly [string, string])[] {
  const entry = [of.date, entryOf(of)] as const;
  switch (of.kind) {
    case 'closed':
      return [entry];
    case 'session':
      return [entry, [`${of.date}.newYork`, of.newYork]];
    case 'freeze':
      return [entry, [`${of.date}.freeze`, of.reason], [`${of.date}.until`, beginning(of.until)]];
  }
}
