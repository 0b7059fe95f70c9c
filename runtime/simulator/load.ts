import type { Clock, Timer } from './clock.ts';
import type { Connection } from './connection.ts';

/** How often what is owed is sent. */
const TURN_MS = 5;
/** Most that one turn sends to one connection, so that other work gets its turn however fast the load is. */
const FRAMES_PER_TURN = 2_000;
/** A client this far behind is not sent more: load goes as fast as the socket takes it. */
const FULL_BYTES = 512 * 1024;

export interface LoadedClient {
  readonly connection: Connection;
  readonly tokens: ReadonlySet<string>;
}

/**
 * Sends price changes of about 600 bytes to every subscribed connection, each different, `rate()` a second or, when the
 * client is slower, as many as it takes. Their hashes are made up: this is about bytes, not about books.
 */
export class Load {
  readonly #clock: Clock;
  readonly #clients: () => Iterable<LoadedClient>;
  readonly #rate: () => number;
  #timer: Timer;
  #lastTurn: number;
  #owed = 0;
  #sent = 0;

  constructor(clock: Clock, clients: () => Iterable<LoadedClient>, rate: () => number) {
    this.#clock = clock;
    this.#clients = clients;
    this.#rate = rate;
    this.#lastTurn = clock.now();
    this.#timer = clock.after(TURN_MS, this.#turn);
  }

  stop(): void {
    this.#timer.cancel();
  }

  readonly #turn = (): void => {
    const now = this.#clock.now();
    const rate = this.#rate();
    this.#owed = rate === 0 ? 0 : this.#owed + (rate * (now - this.#lastTurn)) / 1000;
    this.#lastTurn = now;
    const due = Math.min(Math.floor(this.#owed), FRAMES_PER_TURN);
    this.#owed -= due;
    if (due > 0) for (const client of this.#clients()) this.#send(client, due, now);
    // What a busy machine did not manage is not made up for later.
    this.#owed = Math.min(this.#owed, FRAMES_PER_TURN);
    this.#timer = this.#clock.after(TURN_MS, this.#turn);
  };

  #send({ connection, tokens }: LoadedClient, count: number, now: number): void {
    const [first, second] = tokens;
    if (first === undefined) return;
    for (let index = 0; index < count; index++) {
      if (connection.backlog > FULL_BYTES) return;
      connection.send(loadFrame(first, second ?? first, ++this.#sent, now));
    }
  }
}

/** A `price_change` frame of about 600 bytes (facts/polymarket.md §3); `number` makes it differ from all others. */
export function loadFrame(up: string, down: string, number: number, at: number): string {
  const hash = number.toString(16).padStart(40, '0');
  const price = 100 + (number % 800);
  const leg = (token: string, thousandths: number, side: string, best: string) =>
    `{"asset_id":"${token}","price":"${thousandths / 1000}","size":"${number}","side":"${side}","hash":"${hash}",${best}}`;
  const legs = `${leg(up, price, 'BUY', '"best_bid":"0.49","best_ask":"0.51"')},${leg(down, 1000 - price, 'SELL', '"best_bid":"0.49","best_ask":"0.51"')}`;
  const text = `{"market":"0x${hash.padStart(64, '0')}","price_changes":[${legs}],"timestamp":"${Math.floor(at)}","event_type":"price_change"}`;
  return text;
}
