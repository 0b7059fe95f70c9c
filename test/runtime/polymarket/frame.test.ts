import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrame } from '../../../runtime/polymarket/events.ts';
import { holdsData } from '../../../runtime/polymarket/frame.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';

const NEW_MARKET = JSON.stringify({
  market: '0x1',
  slug: 'btc-updown-5m-1790994600',
  assets_ids: ['1', '2'],
  timestamp: '1',
  event_type: 'new_market',
});
const CHANGE = JSON.stringify({
  market: '0x1',
  price_changes: [],
  timestamp: '1',
  event_type: 'price_change',
});

const holds = (text: string) => holdsData(Buffer.from(text));

/** The same question answered by the strict parser. */
function parserSays(text: string): boolean {
  const parsed = parseFrame(text);
  if (parsed.kind !== 'events') return false;
  return parsed.events.some((event) => {
    if (event.event_type !== 'unknown') return event.event_type !== 'new_market';
    return event.seen !== 'new_market';
  });
}

describe('holdsData', () => {
  it.each([
    ['a price change', CHANGE],
    ['an array of events', `[${CHANGE},${CHANGE}]\n`],
    ['an event of an unknown type', '{"event_type":"surprise"}'],
    ['a new market beside other events', `[${NEW_MARKET},${CHANGE}]`],
    [
      'a trade whose text names new_market',
      '{"note":"new_market","event_type":"last_trade_price"}',
    ],
    ['a text with an escaped quotation', '{"q":"a \\"new_market\\" b","event_type":"book"}'],
  ])('counts %s', (_, text) => {
    expect(holds(text)).toBe(true);
    expect(parserSays(text)).toBe(true);
  });

  it.each([
    ['PONG', 'PONG'],
    ['a plain text', 'NO NEW ASSETS'],
    ['the empty dump', '[]'],
    ['the empty dump with spaces', ' [ ]\n'],
    ['a new market', NEW_MARKET],
    ['a new market in the spaced form', NEW_MARKET.replaceAll(',', ', ').replaceAll(':', ': ')],
    ['an array of new markets', `[${NEW_MARKET},${NEW_MARKET}]`],
    ['nothing', ''],
  ])('does not count %s', (_, text) => {
    expect(holds(text)).toBe(false);
    expect(parserSays(text)).toBe(false);
  });

  it('agrees with the parser on every frame that is JSON', () => {
    const event = fc.oneof(
      fc
        .constantFrom(NEW_MARKET, CHANGE, '{}', '{"event_type":"new_market"}')
        .map((text) => JSON.parse(text)),
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.record({ event_type: fc.constantFrom('book', 'new_market', 'other'), x: fc.jsonValue() }),
    );
    fc.assert(
      fc.property(fc.oneof(event, fc.array(event)), fc.nat(2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(holds(text)).toBe(parserSays(text));
      }),
    );
  });
});

describeWithShared('holdsData on recorded frames', 'fixtures/polymarket', () => {
  it.each(['ws_book_2026-05-08.jsonl', 'ws_book_2026-04-09.jsonl', 'real_frames_2026-10-04.jsonl'])(
    'agrees with the parser on %s',
    (file) => {
      const lines = readFileSync(sharedPath(`fixtures/polymarket/${file}`), 'utf8').split('\n');
      for (const line of lines) expect(holds(line), line).toBe(parserSays(line));
    },
  );
});
