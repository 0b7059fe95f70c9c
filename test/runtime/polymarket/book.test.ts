import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BITCOIN_FACTS, hashedTradePrice, OrderBook } from '../../../runtime/polymarket/book.ts';
import { bookHash } from '../../../runtime/polymarket/book-hash.ts';
import type { BookEvent, PriceChangeEvent } from '../../../runtime/polymarket/events.ts';
import { parseFrame } from '../../../runtime/polymarket/events.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';

const START: BookEvent = {
  event_type: 'book',
  market: '0xaa',
  asset_id: '1',
  timestamp: '1000',
  hash: '',
  bids: [
    { price: '0.1', size: '10' },
    { price: '0.3', size: '30' },
  ],
  asks: [
    { price: '0.9', size: '90' },
    { price: '0.7', size: '70' },
  ],
  tick_size: '0.01',
  last_trade_price: '',
};

function book(): OrderBook {
  return new OrderBook(START, BITCOIN_FACTS);
}

function change(
  price: string,
  size: string,
  side: 'BUY' | 'SELL',
  hash = '',
  timestamp = '1001',
): PriceChangeEvent {
  return {
    event_type: 'price_change',
    market: '0xaa',
    timestamp,
    price_changes: [
      { asset_id: '2', price: '0.5', size: '1', side: 'BUY', hash: 'of another token' },
      { asset_id: '1', price, size, side, hash },
    ],
  };
}

function prices(of: OrderBook): string[] {
  return [...of.book.bids, ...of.book.asks].map((level) => level.price);
}

describe('OrderBook', () => {
  it('keeps bids ascending and asks descending when levels come and go', () => {
    const mine = book();
    for (const price of ['0.2', '0.05', '0.35']) mine.applyPriceChange(change(price, '1', 'BUY'));
    for (const price of ['0.8', '0.95', '0.6']) mine.applyPriceChange(change(price, '1', 'SELL'));
    mine.applyPriceChange(change('0.1', '0', 'BUY'));
    mine.applyPriceChange(change('0.7', '0', 'SELL'));
    mine.applyPriceChange(change('0.44', '0', 'SELL'));
    expect(prices(mine)).toEqual(['0.05', '0.2', '0.3', '0.35', '0.95', '0.9', '0.8', '0.6']);
    expect([mine.bestBid, mine.bestAsk]).toEqual(['0.35', '0.6']);
  });

  it('sorts by value and not by text', () => {
    const mine = book();
    mine.applyPriceChange(change('0.0025', '1', 'BUY'));
    mine.applyPriceChange(change('0.12', '1', 'BUY'));
    expect(mine.book.bids.map((level) => level.price)).toEqual(['0.0025', '0.1', '0.12', '0.3']);
  });

  it('takes a size as absolute, in the text it came in', () => {
    const mine = book();
    mine.applyPriceChange(change('0.3', '6515.99', 'BUY'));
    expect(mine.book.bids.at(-1)).toEqual({ price: '0.3', size: '6515.99' });
  });

  it('has no best price on an empty side', () => {
    const mine = book();
    mine.applyPriceChange(change('0.1', '0', 'BUY'));
    mine.applyPriceChange(change('0.3', '0', 'BUY'));
    expect([mine.bestBid, mine.bestAsk]).toEqual([null, '0.7']);
  });

  it('verifies the hash of the book after the change at the time of the event', () => {
    const mine = book();
    const expected = bookHash({
      ...START,
      timestamp: '1001',
      bids: [...START.bids, { price: '0.4', size: '4' }],
      min_order_size: '5',
      neg_risk: false,
      tick_size: '0.01',
      last_trade_price: '',
    });
    expect(mine.applyPriceChange(change('0.4', '4', 'BUY', expected))).toEqual({
      published: expected,
      computed: expected,
      verified: true,
      failedBefore: null,
    });
  });

  it('shows a lost change at the next one', () => {
    const sender = book();
    sender.applyPriceChange(change('0.4', '4', 'BUY'));
    sender.applyPriceChange(change('0.8', '8', 'SELL', '', '1002'));
    const receiver = book();
    const check = receiver.applyPriceChange(change('0.8', '8', 'SELL', sender.hash(), '1002'));
    expect(check?.verified).toBe(false);
  });

  it('verifies a burst over several frames at its last change and reports no failure', () => {
    const sender = book();
    sender.applyPriceChange(change('0.4', '4', 'BUY'));
    sender.applyPriceChange(change('0.8', '8', 'SELL'));
    const shared = sender.hash();
    const receiver = book();
    expect(receiver.applyPriceChange(change('0.4', '4', 'BUY', shared))?.verified).toBe(false);
    expect(receiver.applyPriceChange(change('0.8', '8', 'SELL', shared))).toMatchObject({
      verified: true,
      failedBefore: null,
    });
  });

  it('reports a burst that ended unverified once, when the next begins', () => {
    const mine = book();
    mine.applyPriceChange(change('0.4', '4', 'BUY', 'wrong'));
    expect(mine.applyPriceChange(change('0.8', '8', 'SELL', 'next'))?.failedBefore).toBe('wrong');
    expect(mine.applyPriceChange(change('0.9', '8', 'SELL', 'next'))?.failedBefore).toBeNull();
  });

  it('leaves the book alone when an event holds nothing of its token', () => {
    const mine = book();
    const before = mine.hash();
    const event = change('0.4', '4', 'BUY');
    expect(
      mine.applyPriceChange({ ...event, price_changes: event.price_changes.slice(0, 1) }),
    ).toBeNull();
    expect(mine.hash()).toBe(before);
  });

  it('does not change the event it started from', () => {
    const mine = book();
    mine.applyPriceChange(change('0.1', '0', 'BUY'));
    expect(START.bids).toHaveLength(2);
  });

  it('carries tick size and trade price over books that lack them', () => {
    const mine = book();
    mine.applyLastTradePrice({ price: '0.85' });
    mine.applyTickSizeChange({ new_tick_size: '0.001' });
    const { tick_size: _tick, last_trade_price: _price, ...later } = START;
    mine.applyBook({ ...later, timestamp: '1005' });
    expect(mine.book).toMatchObject({
      timestamp: '1005',
      tick_size: '0.001',
      last_trade_price: '0.850',
    });
  });

  it('finds a trade price that entered the hash before it was announced', () => {
    const sender = book();
    sender.applyLastTradePrice({ price: '0.31' });
    const mine = book();
    expect(mine.tradePriceOf(sender.hash(), ['0.3', '0.31', '0.32'])).toBe('0.310');
    expect(mine.tradePriceOf('no such hash', ['0.3', '0.31'])).toBeNull();
  });

  it('writes trade prices as books do', () => {
    expect(['', '0.5', '0.85', '0.0025', '1'].map(hashedTradePrice)).toEqual([
      '',
      '0.500',
      '0.850',
      '0.003',
      '1.000',
    ]);
  });

  it('refuses a book of another token', () => {
    expect(() => book().applyBook({ ...START, asset_id: '2' })).toThrow('token 1, got one of 2');
  });
});

describeWithShared('OrderBook on a real capture', 'fixtures/polymarket', () => {
  it('verifies a real book and the real change that followed it', () => {
    const file = sharedPath('fixtures/polymarket/ws_book_2026-05-08.jsonl');
    const [first, second] = readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const parsed = parseFrame(line);
        return parsed.kind === 'events' ? parsed.events[0] : undefined;
      });
    if (first?.event_type !== 'book' || second?.event_type !== 'price_change') {
      throw new Error('the fixture no longer holds a book and a price_change');
    }
    const real = new OrderBook(first, BITCOIN_FACTS);
    expect(real.check(first.hash).verified).toBe(true);
    expect(real.applyPriceChange(second)).toMatchObject({
      published: '4e761e84f74fbbd20f0787409962cfa66221ddc4',
      verified: true,
    });
    const best = second.price_changes.find((entry) => entry.asset_id === real.assetId);
    expect([real.bestBid, real.bestAsk]).toEqual([best?.best_bid, best?.best_ask]);
  });
});
