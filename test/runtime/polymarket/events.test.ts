import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrame } from '../../../runtime/polymarket/events.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';

function types(frame: string): string[] {
  const parsed = parseFrame(frame);
  return parsed.kind === 'events' ? parsed.events.map((event) => event.event_type) : [parsed.kind];
}

describe('parseFrame', () => {
  it('takes an array of any events, in order, with white space around it', () => {
    const frame = `[{"market":"m","asset_id":"1","best_bid":"0.1","best_ask":"0.2","timestamp":"5","event_type":"best_bid_ask"},
      {"market":"m","asset_id":"1","price":"0.1","timestamp":"5","event_type":"last_trade_price","new_field":{"a":1}}]\n`;
    expect(types(frame)).toEqual(['best_bid_ask', 'last_trade_price']);
  });

  it('says that an empty array holds no events', () => {
    expect(parseFrame('[]')).toEqual({ kind: 'events', events: [] });
  });

  it('tells the heartbeat and plain texts from data', () => {
    expect(parseFrame('PONG')).toEqual({ kind: 'pong' });
    for (const frame of ['NO NEW ASSETS', '', '{"market":', '12', 'null', '"book"']) {
      expect(parseFrame(frame).kind).toBe('text');
    }
  });

  it('keeps an event of an unknown type, with its type and its value', () => {
    expect(parseFrame('{"event_type":"surprise","x":[1]}')).toMatchObject({
      kind: 'events',
      events: [
        { event_type: 'unknown', seen: 'surprise', value: { event_type: 'surprise', x: [1] } },
      ],
    });
  });

  it('keeps a known type of an unknown shape and says what differs', () => {
    const parsed = parseFrame(
      '{"event_type":"price_change","market":"m","timestamp":5,"price_changes":[]}',
    );
    expect(parsed).toMatchObject({
      events: [
        {
          event_type: 'unknown',
          seen: 'price_change',
          reason: expect.stringContaining('timestamp'),
        },
      ],
    });
  });

  it('does not let one odd event hide its neighbours', () => {
    const good =
      '{"market":"m","asset_id":"1","price":"0.1","timestamp":"5","event_type":"last_trade_price"}';
    expect(types(`[7,${good},null,[${good}]]`)).toEqual([
      'unknown',
      'last_trade_price',
      'unknown',
      'unknown',
    ]);
  });

  it('never throws, whatever the frame', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (frame) => {
        expect(['events', 'pong', 'text']).toContain(parseFrame(frame).kind);
      }),
    );
  });
});

describeWithShared('parseFrame on recorded frames', 'fixtures/polymarket', () => {
  const lines = (file: string) =>
    readFileSync(sharedPath(`fixtures/polymarket/${file}`), 'utf8')
      .split('\n')
      .filter(Boolean);

  it('knows every event of the captures', () => {
    expect(lines('real_frames_2026-10-04.jsonl').flatMap(types)).toEqual([
      'price_change',
      'price_change',
      'price_change',
      'price_change',
      'best_bid_ask',
      'last_trade_price',
      'best_bid_ask',
      'price_change',
    ]);
    expect(lines('ws_book_2026-04-09.jsonl').flatMap(types)).toEqual(['book', 'book']);
    expect(lines('ws_book_2026-05-08.jsonl').flatMap(types)).toEqual(['book', 'price_change']);
  });

  it.each(['best_bid_ask', 'new_market', 'resolved', 'tick_size'])(
    'knows the documented %s message',
    (name) => {
      const file = sharedPath(`fixtures/polymarket/nt_ws_market_${name}_msg.json`);
      expect(types(readFileSync(file, 'utf8'))).not.toContain('unknown');
    },
  );
});
