import { describe, expect, it } from 'vitest';
import { hashedTradePrice } from '../../../runtime/polymarket/book.ts';
import { bookHash, type Level } from '../../../runtime/polymarket/book-hash.ts';
import { BookTracker } from '../../../runtime/recorder/book-tracker.ts';
import { HashCheck } from '../../../runtime/recorder/hash-check.ts';

const level = (price: string, size: string): Level => ({ price, size });
const BIDS = [level('0.1', '5'), level('0.2', '7')];

/** A service with one book that publishes right hashes, and a recorder's tracker that hears what it is given. */
function start() {
  const check: HashCheck = new HashCheck((market, price) => tracker.noteTradePrice(market, price));
  const tracker: BookTracker = new BookTracker(check);
  let timestamp = 1_000;
  let bids: readonly Level[] = BIDS;
  const asks = [level('0.9', '1')];
  let tradePrice = '';
  const hash = () =>
    bookHash({
      market: '0x1',
      asset_id: '11',
      timestamp: String(timestamp),
      bids,
      asks,
      min_order_size: '5',
      tick_size: '0.01',
      neg_risk: false,
      last_trade_price: tradePrice,
    });
  const common = () => ({ market: '0x1', asset_id: '11', timestamp: String(timestamp) });
  return {
    check,
    hear: (frame: unknown) => tracker.observe(JSON.stringify(frame), timestamp),
    opening: () => [
      {
        ...common(),
        hash: hash(),
        bids,
        asks,
        tick_size: '0.01',
        event_type: 'book',
        last_trade_price: tradePrice,
      },
    ],
    later: () => ({ ...common(), hash: hash(), bids, asks, event_type: 'book' }),
    /** A change 100 ms after the one before. */
    change(price: string, size: string) {
      timestamp += 100;
      bids = [...bids.filter((bid) => bid.price !== price), level(price, size)].toSorted(
        (one, other) => Number(one.price) - Number(other.price),
      );
      return {
        market: '0x1',
        price_changes: [{ asset_id: '11', price, size, side: 'BUY', hash: hash() }],
        timestamp: String(timestamp),
        event_type: 'price_change',
      };
    },
    trade(price: string) {
      tradePrice = hashedTradePrice(price);
      return { ...common(), price, size: '1', side: 'BUY', event_type: 'last_trade_price' };
    },
  };
}

describe('a change that never comes', () => {
  it('is found by the second hash that does not match', () => {
    const { check, hear, opening, change } = start();
    hear(opening());
    hear(change('0.3', '1'));
    change('0.4', '2');
    hear(change('0.31', '1'));
    expect(check.take()).toEqual([]);
    hear(change('0.32', '1'));
    expect(check.take()).toEqual([
      { token: '11', publishedHash: expect.stringMatching(/^[0-9a-f]{40}$/), afterMs: 100 },
    ]);
    // Once is enough, until the book is whole again.
    hear(change('0.33', '1'));
    expect(check.take()).toEqual([]);
  });

  it('is found by the book that heals it, when that comes first', () => {
    const { check, hear, opening, later, change } = start();
    hear(opening());
    change('0.4', '2');
    hear(change('0.31', '1'));
    hear(later());
    expect(check.take()).toHaveLength(1);
    hear(change('0.32', '1'));
    expect(check.take()).toEqual([]);
  });

  it('is found again after the book was whole', () => {
    const { check, hear, opening, later, change } = start();
    hear(opening());
    for (let round = 0; round < 2; round++) {
      change(`0.4${round}`, '2');
      hear(change('0.31', `${round}1`));
      hear(change('0.31', `${round}2`));
      expect(check.take()).toHaveLength(1);
      hear(later());
    }
  });

  it('is not seen in trades, told or untold, nor in frames of one burst', () => {
    const { check, hear, opening, change, trade } = start();
    hear(opening());
    hear(trade('0.85'));
    hear(change('0.3', '1'));
    // This one enters the hash and is never announced.
    trade('0.2');
    hear(change('0.31', '1'));
    hear(change('0.32', '1'));
    hear(change('0.33', '1'));
    const last = change('0.34', '1');
    const [entry] = last.price_changes;
    hear({ ...last, price_changes: [{ ...entry, price: '0.35', size: '0' }] });
    hear(last);
    hear(change('0.36', '1'));
    expect(check.take()).toEqual([]);
    expect(check.checks).toBeGreaterThan(5);
  });

  it('is not claimed of a service whose hashes never matched, as in another epoch', () => {
    const { check, hear, opening, change } = start();
    hear(opening().map((book) => ({ ...book, hash: 'ab'.repeat(20) })));
    for (let n = 1; n < 9; n++) {
      const frame = change(`0.3${n}`, '1');
      const entries = frame.price_changes.map((entry) => ({ ...entry, hash: `${n}b`.repeat(20) }));
      hear({ ...frame, price_changes: entries });
    }
    expect(check.take()).toEqual([]);
  });

  it('leaves nothing behind once its token is over', () => {
    const { check, hear, opening } = start();
    hear(opening());
    expect(check.size).toBe(1);
    check.keepOnly(new Set(['22']));
    expect(check.size).toBe(0);
  });

  it('is not claimed of books that were forgotten', () => {
    const { check, hear, opening, change } = start();
    hear(opening());
    change('0.4', '2');
    hear(change('0.31', '1'));
    check.forget();
    hear(opening());
    hear(change('0.32', '1'));
    hear(change('0.33', '1'));
    expect(check.take()).toEqual([]);
  });
});
