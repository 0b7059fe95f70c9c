import { describe, expect, it } from 'vitest';
import type { RestBook } from '../../../runtime/polymarket/clob.ts';
import { BookTracker } from '../../../runtime/recorder/book-tracker.ts';
import { DivergenceJudge } from '../../../runtime/recorder/divergence.ts';

const level = (price: string, size: string) => ({ price, size });
const dump = (hash: string, bids = [level('0.1', '5'), level('0.2', '7')]) =>
  JSON.stringify([
    {
      market: '0x1',
      asset_id: '11',
      timestamp: '1',
      hash,
      bids,
      asks: [level('0.9', '1')],
      event_type: 'book',
    },
  ]);
const change = (hash: string, price: string, size: string, side = 'BUY') =>
  JSON.stringify({
    market: '0x1',
    price_changes: [{ asset_id: '11', price, size, side, hash }],
    event_type: 'price_change',
  });
const rest = (hash: string, bids = [level('0.1', '5'), level('0.2', '7')]): RestBook => ({
  market: '0x1',
  asset_id: '11',
  timestamp: '1',
  hash,
  bids,
  asks: [level('0.9', '1')],
  min_order_size: '5',
  tick_size: '0.01',
  neg_risk: false,
  last_trade_price: '',
});
const OTHER = [level('0.3', '1')];

function start(...frames: readonly string[]) {
  const tracker = new BookTracker();
  for (const frame of frames) tracker.observe(frame, 0);
  return { tracker, judge: new DivergenceJudge(tracker) };
}

describe('a checkpoint', () => {
  it('agrees by the hash that the stream published last, however long ago', () => {
    const { judge } = start(dump('aa'));
    judge.submit([rest('aa', OTHER)], 50_000, 50_100);
    expect(judge.settle(50_101)).toEqual([]);
    expect(judge.pending).toBe(0);
  });

  it('agrees by a hash that comes up to two seconds later', () => {
    const { tracker, judge } = start(dump('aa'));
    judge.submit([rest('bb', OTHER)], 1_000, 1_100);
    expect(judge.settle(1_200)).toEqual([]);
    expect(judge.pending).toBe(1);
    tracker.observe(change('bb', '0.4', '1'), 3_000);
    judge.settle(3_001);
    expect(judge.pending).toBe(0);
  });

  it('agrees by its levels when the hash never comes', () => {
    const { tracker, judge } = start(dump('aa'));
    tracker.observe(change('??', '0.15', '3'), 10);
    tracker.observe(change('??', '0.2', '0'), 11);
    judge.submit([rest('bb', [level('0.1', '5'), level('0.15', '3')])], 1_000, 1_100);
    judge.settle(1_200);
    expect(judge.pending).toBe(0);
  });

  it('diverges when it differs after the window, twice in a row', () => {
    const { judge } = start(dump('aa'));
    judge.submit([rest('bb', OTHER)], 1_000, 1_100);
    expect(judge.settle(3_099)).toEqual([]);
    expect(judge.settle(3_100)).toEqual([]);
    judge.submit([rest('cc', OTHER)], 61_000, 61_100);
    expect(judge.settle(63_100)).toEqual([
      { token: '11', restHash: 'cc', restTimestamp: '1', lastStreamHash: 'aa' },
    ]);
  });

  it('forgets a first difference of a token that is over', () => {
    const { judge } = start(dump('aa'));
    judge.submit([rest('bb', OTHER)], 1_000, 1_100);
    judge.settle(3_100);
    judge.keepOnly(new Set());
    judge.submit([rest('cc', OTHER)], 61_000, 61_100);
    expect(judge.settle(63_100)).toEqual([]);
  });

  it('is no divergence when the one between agreed', () => {
    const { judge } = start(dump('aa'));
    for (const [hash, at] of [
      ['bb', 0],
      ['aa', 10_000],
      ['cc', 20_000],
    ] as const) {
      judge.submit([rest(hash, OTHER)], at, at);
      expect(judge.settle(at + 2_000)).toEqual([]);
    }
  });

  it('agrees with an older hash only within the window', () => {
    const { tracker, judge } = start(dump('aa'));
    tracker.observe(change('bb', '0.4', '1'), 5_000);
    judge.submit([rest('aa', OTHER)], 6_900, 6_950);
    judge.settle(6_951);
    expect(judge.pending).toBe(0);
    tracker.observe(change('cc', '0.5', '1'), 7_100);
    judge.submit([rest('aa', OTHER)], 20_000, 20_000);
    judge.settle(20_001);
    expect(judge.pending).toBe(1);
  });

  it('says nothing about books that were forgotten or never seen', () => {
    const { tracker, judge } = start(dump('aa'));
    judge.submit([rest('bb', OTHER), { ...rest('x'), asset_id: '99' }], 0, 0);
    tracker.forget();
    tracker.observe(dump('zz'), 1);
    expect(judge.settle(10_000)).toEqual([]);
    expect(judge.pending).toBe(0);
  });
});

describe('the book tracker', () => {
  it('takes any text without harm', () => {
    const { tracker } = start();
    for (const text of [
      'PONG',
      '',
      'null',
      '[]',
      '[null,1,"a"]',
      '{"event_type":"book"}',
      '{"event_type":"book","asset_id":"1","bids":5}',
      '{"event_type":"price_change","price_changes":[{},null]}',
    ]) {
      tracker.observe(text, 1);
    }
    expect(tracker.book('11')).toBeUndefined();
  });

  it('remembers when a token was last heard, and lets go of tokens that are over', () => {
    const { tracker } = start();
    tracker.observe(dump('aa'), 5);
    tracker.observe(change('bb', '0.4', '1'), 9);
    expect(tracker.lastSeen('11')).toBe(9);
    tracker.keepOnly(new Set(['22']));
    expect(tracker.lastSeen('11')).toBeUndefined();
    expect(tracker.book('11')).toBeUndefined();
  });
});
