const SPACE = 0x20;
const OBJECT = 0x7b;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;
/** How nearly all frames end; such a frame needs no search. */
const PRICE_CHANGE_END = Buffer.from('"event_type":"price_change"}');
/** Without its first quote: looking for an `n` skips nearly all of a book, looking for a quote nothing. */
const NEW_MARKET = Buffer.from('new_market"');

/** `announcement`: only `new_market` events. `none`: `PONG`, `NO NEW ASSETS`, `[]` (the dump when no token has a book). */
export type FrameKind = 'data' | 'announcement' | 'none';

/**
 * What a text frame says about its connection: `data` is an event about what is subscribed. `new_market` is none: the
 * service tells every connection about every new market of the exchange, also one whose own tokens it has forgotten
 * (facts/polymarket.md §3). Agrees with `parseFrame`, and looks at a few bytes of nearly every frame, because it runs
 * for each while the socket waits.
 */
export function frameKind(payload: Buffer): FrameKind {
  const first = firstNonSpace(payload, 0);
  const isObject = payload[first] === OBJECT;
  if (isObject && endsWith(payload, PRICE_CHANGE_END)) return 'data';
  const isArray =
    payload[first] === ARRAY && payload[firstNonSpace(payload, first + 1)] !== ARRAY_END;
  if (!isObject && !isArray) return 'none';
  const only = payload.includes(NEW_MARKET) && holdsOnlyNewMarkets(payload.toString('utf8'));
  return only ? 'announcement' : 'data';
}

/** True if a text frame holds market data of what is subscribed. */
export function holdsData(payload: Buffer): boolean {
  return frameKind(payload) === 'data';
}

/** Some texts in `text` say `new_market`; whether they are what its events are takes parsing. */
function holdsOnlyNewMarkets(text: string): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Cut or foreign: nothing says that it is only about new markets.
    return false;
  }
  return (Array.isArray(value) ? value : [value]).every(
    (event: unknown) =>
      typeof event === 'object' &&
      event !== null &&
      'event_type' in event &&
      event.event_type === 'new_market',
  );
}

function firstNonSpace(payload: Uint8Array, from: number): number {
  let index = from;
  while (index < payload.length && (payload[index] ?? 0) <= SPACE) index++;
  return index;
}

function endsWith(payload: Uint8Array, end: Uint8Array): boolean {
  const from = payload.length - end.length;
  for (let index = end.length - 1; index >= 0; index--) {
    if (payload[from + index] !== end[index]) return false;
  }
  return true;
}
