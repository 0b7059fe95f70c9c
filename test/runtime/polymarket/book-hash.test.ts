import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  bookHash,
  type HashedBook,
  hashAsReceived,
} from '../../../runtime/polymarket/book-hash.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';

const COMMON = {
  market: '0xaabbcc',
  asset_id: '100',
  timestamp: '123456789',
  bids: [
    { price: '0.3', size: '100' },
    { price: '0.4', size: '100' },
  ],
  asks: [
    { price: '0.6', size: '100' },
    { price: '0.7', size: '100' },
  ],
};

describe('book hash', () => {
  const second: HashedBook = {
    ...COMMON,
    min_order_size: '100',
    tick_size: '0.01',
    neg_risk: false,
    last_trade_price: '0.5',
  };

  it('equals the published vector of the Python client', () => {
    expect(bookHash(second)).toBe('0458ea5755c9f73d64a14636fa5c36ed460ec394');
  });

  it('equals the published vector of the TypeScript client, which has hash last and no trade price', () => {
    const received = {
      ...COMMON,
      min_order_size: '15',
      tick_size: '0.001',
      neg_risk: false,
      hash: '',
    };
    expect(hashAsReceived(received)).toBe('36f56998e26d9a7c553446f35b240481efb271a3');
  });

  it('ignores the order and the number of the fields it is given', () => {
    const shuffled = Object.fromEntries(
      Object.entries({ ...second, event_type: 'book', hash: 'ffff' }).reverse(),
    ) as unknown as HashedBook;
    expect(bookHash(shuffled)).toBe(bookHash(second));
  });

  it('ignores other fields of a level and their order', () => {
    const bids = second.bids.map(({ price, size }) => ({ size, extra: 1, price }));
    expect(bookHash({ ...second, bids })).toBe(bookHash(second));
  });

  it.each([
    ['market', '0xaabbcd'],
    ['asset_id', '101'],
    ['timestamp', '123456790'],
    ['bids', [...COMMON.bids].reverse()],
    ['asks', [...COMMON.asks].reverse()],
    ['min_order_size', '100.0'],
    ['tick_size', '0.010'],
    ['neg_risk', true],
    ['last_trade_price', '0.500'],
  ])('depends on %s', (field, value) => {
    expect(bookHash({ ...second, [field]: value })).not.toBe(bookHash(second));
  });
});

describeWithShared('book hash of real frames', 'fixtures/polymarket', () => {
  it.each(['ws_book_2026-04-09.jsonl', 'ws_book_2026-05-08.jsonl'])('every book of %s', (file) => {
    const line = readFileSync(sharedPath(`fixtures/polymarket/${file}`), 'utf8').split('\n')[0];
    const books = JSON.parse(line ?? '') as (HashedBook & { readonly hash: string })[];
    expect(books.length).toBeGreaterThan(0);
    for (const book of books) {
      expect(bookHash({ ...book, min_order_size: '5', neg_risk: false })).toBe(book.hash);
    }
  });
});
