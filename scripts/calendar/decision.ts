import { minutesOf } from './new-york.ts';

/** What the calendar says about an instant: the words of the market gate's `session.state`. */
export type MarketState = 'open' | 'frozen' | 'closed' | 'unknown';

const ENTRY = /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

/** The market gate's decision from the data of ConfigMap market-sessions; whatever cannot be read is `unknown`. */
export function marketStateAt(data: Readonly<Record<string, string>>, at: Date): MarketState {
  const instant = at.toISOString();
  const day = instant.slice(0, 10);
  const minute = minutesOf(instant.slice(11, 16));
  const entry = data[day] ?? '';
  const known = data['knownThrough'] ?? '';
  const margin = data['marginMinutes'] ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(known) || day > known || !/^\d{1,3}$/.test(margin))
    return 'unknown';
  if (entry === 'closed') return 'closed';
  if (!ENTRY.test(entry) || entry.slice(0, 5) >= entry.slice(6)) return 'unknown';
  const from = minutesOf(entry) - Number(margin);
  if (minute < from || minute >= minutesOf(entry.slice(6))) return 'closed';
  return (data[`${day}.freeze`] ?? '') === '' ? 'open' : 'frozen';
}
