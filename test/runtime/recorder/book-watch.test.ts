import { describe, expect, it } from 'vitest';
import { BookWatch } from '../../../runtime/recorder/book-watch.ts';

const LIMIT = 2_000;

/** One token on a connection that opened at 0, and what the stream and REST told of it. */
function start() {
  const watch = new BookWatch(LIMIT);
  let lastBook: number | undefined;
  let lastSeen: number | undefined;
  return {
    watch,
    book(at: number) {
      lastBook = at;
      lastSeen = at;
    },
    change(at: number) {
      lastSeen = at;
    },
    look: (now: number, { id = 'ws1-1', openedAt = 0, blindUntil = 0, tokens = ['11'] } = {}) =>
      watch.look(
        { id, openedAt },
        { subscribed: new Set(tokens), lastBook: () => lastBook, lastSeen: () => lastSeen },
        now,
        blindUntil,
      ),
  };
}
const NOTHING = { count: 0, found: [], askAgain: [] };

describe('an opening book that does not come', () => {
  it('is missed once the stream tells changes of it', () => {
    const { look, change } = start();
    look(10);
    change(1_000);
    expect(look(1_500)).toEqual(NOTHING);
    expect(look(2_500)).toEqual({ count: 1, found: ['11'], askAgain: ['11'] });
    expect(look(2_750)).toEqual({ count: 1, found: [], askAgain: [] });
  });

  it('is missed once REST shows it', () => {
    const { watch, look } = start();
    look(10);
    watch.shown(['11', '22'], 1_000);
    expect(look(2_500).found).toEqual(['11']);
  });

  it('is not missed while neither knows it: minted markets have no book yet', () => {
    const { look } = start();
    look(10);
    expect(look(100_000)).toEqual(NOTHING);
  });

  it('is asked for again after half a minute, and no longer once it came', () => {
    const { look, change, book } = start();
    look(10);
    change(1_000);
    look(2_500);
    expect(look(32_000).askAgain).toEqual([]);
    expect(look(32_500).askAgain).toEqual(['11']);
    book(32_600);
    expect(look(32_750)).toEqual(NOTHING);
  });

  it('counts for the connection that is open: a book of the one before says nothing', () => {
    const { look, book, change } = start();
    look(10);
    book(900);
    expect(look(2_500)).toEqual(NOTHING);
    look(3_100, { id: 'ws1-2', openedAt: 3_000 });
    change(3_200);
    expect(look(5_200, { id: 'ws1-2', openedAt: 3_000 }).found).toEqual(['11']);
  });

  it('may have come before the first look at its subscription', () => {
    const { look, book } = start();
    book(40_100);
    look(40_250, { openedAt: 40_000 });
    expect(look(50_000, { openedAt: 40_000 })).toEqual(NOTHING);
  });

  it('is not claimed when frames went by unseen', () => {
    const { look, change } = start();
    look(10);
    change(1_000);
    expect(look(2_500, { blindUntil: 1_200 })).toEqual(NOTHING);
  });

  it('is forgotten with its token', () => {
    const { look, change } = start();
    look(10);
    change(1_000);
    look(2_500);
    expect(look(2_600, { tokens: [] })).toEqual(NOTHING);
  });
});
