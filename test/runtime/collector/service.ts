import { createHash } from 'node:crypto';
import {
  gammaEvent,
  type Reply,
  type ScriptedServer,
  scriptedServer,
} from '../polymarket/gamma-server.ts';

/** Which tokens a `POST /books` asks for. */
export function askedFor(body: string): string[] {
  return (JSON.parse(body) as { token_id: string }[]).map(({ token_id }) => token_id);
}

/** A small book of a token, in the order of the service's keys. */
export function bookOf(token: string) {
  return {
    market: `0x${token}`,
    asset_id: token,
    timestamp: '1786728198766',
    hash: createHash('sha1').update(token).digest('hex'),
    bids: [{ price: '0.48', size: '30' }],
    asks: [{ price: '0.52', size: '25' }],
    min_order_size: '5',
    tick_size: '0.01',
    neg_risk: false,
    last_trade_price: '0.500',
  };
}

export const goodBooks = (body: string): Reply => ({ body: askedFor(body).map(bookOf) });

/** Gamma that lists every slug it is asked for, and a CLOB that answers as `books` says, counted from 0. */
export async function service(
  books: (body: string, count: number) => Reply = goodBooks,
  gamma: (slugs: readonly string[]) => Reply = (slugs) => ({
    body: slugs.map((slug) => gammaEvent(slug)),
  }),
): Promise<ScriptedServer> {
  let count = 0;
  return scriptedServer((path, query, body) => {
    if (path === '/books') return books(body, count++);
    if (path === '/events') return gamma(query.getAll('slug'));
    return { body: path === '/events/keyset' ? { events: [] } : [] };
  });
}
