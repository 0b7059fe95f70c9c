import { describe, expect, it } from 'vitest';
import { AskAgain } from '../../../runtime/recorder/ask-again.ts';

const WINDOW = { opensAt: 0, endsAt: 1_000_000 };
const SILENCE_MS = 30_000;

/** Connections beside that do what the test says, and what was done. */
function world(wanted = new Map(['11', '22'].map((token) => [token, WINDOW]))) {
  const besides: {
    tokens: readonly string[];
    isAnswered: boolean;
    isClosing: boolean;
    isEnded: boolean;
  }[] = [];
  const renewed: (readonly string[])[] = [];
  const seen = new Map<string, number>();
  const books = new Map<string, number>();
  const again = new AskAgain({
    open(tokens) {
      const beside = {
        ...{ tokens, isAnswered: false, isClosing: false, isEnded: false },
        tick: () => undefined,
        close: async () => void Object.assign(beside, { isClosing: true }),
      };
      besides.push(beside);
      return beside;
    },
    renew: (tokens) => void renewed.push(tokens),
    lastSeen: (token) => seen.get(token),
    lastBook: (token) => books.get(token),
    silenceMs: SILENCE_MS,
  });
  const tick = (now: number, wall = now) => again.tick(now, wall, wanted);
  return { again, besides, renewed, seen, books, tick };
}

describe('a token that is asked for again', () => {
  it('is unsubscribed only when another connection has it, and that one stays until the book came', () => {
    const { again, besides, renewed, seen, books, tick } = world();
    again.ask(['11'], 1_000);
    tick(1_250);
    expect([besides.length, renewed]).toEqual([1, []]);
    Object.assign(besides[0] ?? {}, { isAnswered: true });
    tick(1_500);
    expect(renewed).toEqual([['11']]);
    // On its way when the subscription ended: no proof of the new one.
    seen.set('11', 1_600);
    tick(1_750);
    expect(besides[0]?.isClosing).toBe(false);
    books.set('11', 1_800);
    tick(2_000);
    expect(besides[0]?.isClosing).toBe(true);
  });

  it('counts as delivered without a book once it goes on for a while', () => {
    const { again, besides, seen, tick } = world();
    again.ask(['11'], 0);
    Object.assign(besides[0] ?? {}, { isAnswered: true });
    tick(100);
    seen.set('11', 2_200);
    tick(2_250);
    expect(besides[0]?.isClosing).toBe(true);
  });

  it('is recorded by the connection beside for as long as its own one stays silent', () => {
    const { again, besides, renewed, tick } = world();
    again.ask(['11', '22'], 0);
    Object.assign(besides[0] ?? {}, { isAnswered: true });
    for (let now = 100; now < 90_000; now += 30_000) {
      tick(now);
      again.ask(['11'], now);
    }
    expect(besides).toHaveLength(1);
    expect(renewed).toEqual([['11', '22'], ['11'], ['11'], ['11']]);
    tick(90_000, WINDOW.endsAt);
    expect(besides[0]?.isClosing).toBe(true);
  });

  it('is asked for without a connection beside, if that one got no answer, only where nothing is to be missed', () => {
    const { again, besides, renewed, seen, tick } = world();
    seen.set('22', 59_000);
    again.ask(['11', '22'], 50_000);
    Object.assign(besides[0] ?? {}, { isEnded: true });
    tick(60_000);
    expect(renewed).toEqual([['11']]);
    again.ask(['22'], 80_000);
    expect(besides[1]?.tokens).toEqual(['22']);
  });

  it('waits for its next turn when three connections are open beside already', () => {
    const { again, besides } = world();
    for (const token of ['1', '2', '3', '4']) again.ask([token], 0);
    expect(besides.map(({ tokens }) => tokens)).toEqual([['1'], ['2'], ['3']]);
  });
});
