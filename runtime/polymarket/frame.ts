const SPACE = 0x20;
const OBJECT = 0x7b;
const ARRAY = 0x5b;
const ARRAY_END = 0x5d;

/**
 * True if a text frame holds market data: an object, or an array with something in it. `PONG`, `NO NEW ASSETS` and
 * `[]` (the dump when no token has a book) do not count (facts/polymarket.md §3). Looks at a few bytes only, because
 * it runs for every frame while the socket waits.
 */
export function holdsData(payload: Uint8Array): boolean {
  const first = firstNonSpace(payload, 0);
  if (payload[first] === OBJECT) return true;
  return payload[first] === ARRAY && payload[firstNonSpace(payload, first + 1)] !== ARRAY_END;
}

function firstNonSpace(payload: Uint8Array, from: number): number {
  let index = from;
  while (index < payload.length && (payload[index] ?? 0) <= SPACE) index++;
  return index;
}
