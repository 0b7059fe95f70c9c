import { CALENDAR_NAME } from '../calendar/config-map.ts';
import { plus } from '../calendar/day.ts';
import { type MarketState, marketStateAt } from '../calendar/decision.ts';
import { absent, known, map, type Reading, unknown } from './reading.ts';
import type { Sources } from './sources.ts';

export interface MarketStatus {
  readonly state: MarketState;
  /** The next minute at which the market gate answers otherwise, or null if the calendar does not reach there. */
  readonly changesAt: string | null;
  readonly knownThrough: string;
}

export interface TicketStatus {
  readonly id: string;
  readonly stage: string;
  readonly freight: string;
  readonly operator: string;
  readonly expiresAt: string;
  /** `open`: would still open a gate. */
  readonly state: 'open' | 'expired' | 'used' | 'unreadable';
}

const TICKET = 'break-glass';
const MINUTE_MS = 60_000;
/** Long enough for the longest closure of an exchange, short enough to answer at once. */
const DAYS_AHEAD = 10;

export function marketStatus(sources: Sources, now: Date): Reading<MarketStatus> {
  return map(sources.configMaps, (all) => {
    const data = all[CALENDAR_NAME];
    if (data === undefined) return absent(`no ConfigMap ${CALENDAR_NAME}: promotions are blocked`);
    const state = marketStateAt(data, now);
    return known({
      state,
      changesAt: nextChange(data, now, state),
      knownThrough: data['knownThrough'] ?? '',
    });
  });
}

/** The filed ticket, or absent while the form is empty; unknown where nobody could see whether it was used. */
export function ticketStatus(sources: Sources, now: Date): Reading<TicketStatus> {
  return map(sources.configMaps, (all) => {
    const data = all[TICKET];
    if (data === undefined) return absent(`no ConfigMap ${TICKET}`);
    const field = (name: string) => (data[name] ?? '').trim();
    const id = field('id');
    if (id === '' || id === '-') return absent('none is filed');
    const expiresAt = field('expiresAt');
    const expires = Date.parse(expiresAt);
    const ticket = {
      id,
      stage: field('stage'),
      freight: field('freight'),
      operator: field('operator'),
      expiresAt,
    };
    if (Number.isNaN(expires)) return known({ ...ticket, state: 'unreadable' });
    if (isUsed(sources, ticket)) return known({ ...ticket, state: 'used' });
    if (expires <= now.getTime()) return known({ ...ticket, state: 'expired' });
    if (sources.freight.state === 'unknown') {
      return unknown(
        `${id} for ${ticket.stage} is filed, but whether it was used stands at its Freight: ${sources.freight.why}`,
      );
    }
    return known({ ...ticket, state: 'open' });
  });
}

/** The ledger is the Freight's metadata, one key per ticket (kargo/promotiontask-market-gate.yaml). */
function isUsed(
  { freight }: Sources,
  ticket: { readonly id: string; readonly stage: string; readonly freight: string },
): boolean {
  if (freight.state !== 'known') return false;
  const found = freight.value.find(({ metadata }) => metadata.name === ticket.freight);
  return found?.status?.metadata?.[`breakGlass-${ticket.stage}-${ticket.id}`] !== undefined;
}

/** Gates change at whole minutes and only on days with an entry, so other days are passed over at once. */
function nextChange(
  data: Readonly<Record<string, string>>,
  now: Date,
  state: MarketState,
): string | null {
  const today = now.toISOString().slice(0, 10);
  for (let ahead = 0; ahead <= DAYS_AHEAD; ahead += 1) {
    const day = plus(today, ahead);
    const midnight = Date.parse(`${day}T00:00:00Z`);
    const from = Math.max(midnight, (Math.floor(now.getTime() / MINUTE_MS) + 1) * MINUTE_MS);
    const end = midnight + 24 * 60 * MINUTE_MS;
    for (let at = from; at < end; at += MINUTE_MS) {
      const seen = marketStateAt(data, new Date(at));
      if (seen !== state) return seen === 'unknown' ? null : new Date(at).toISOString();
      if (data[day] === 'closed' || state === 'unknown') break;
    }
  }
  return null;
}
