import { z } from 'zod';
import { OrderbooksError } from '../errors.ts';
import type { Clock, Timer } from './clock.ts';
import type { Connection } from './connection.ts';
import type { Exchange } from './exchange.ts';
import {
  FAULT_NAMES,
  FAULTS,
  type FaultKind,
  type FaultName,
  isFaultName,
} from './fault-catalogue.ts';
import type { Faults } from './faults.ts';
import type { MarketSocket } from './market-socket.ts';

/** One fault as it was injected. Times are milliseconds of the simulator's clock. */
export interface Injection {
  readonly number: number;
  readonly fault: FaultName;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly at: number;
  /** Open connections when it began. */
  readonly connections: readonly number[];
}

export interface FaultListener {
  began(injection: Injection): void;
  /** An act ends as it begins. */
  ended(injection: Injection, at: number): void;
}

export interface FaultInjectorOptions {
  readonly faults: Faults;
  readonly clock: Clock;
  readonly exchange: Exchange;
  readonly socket: MarketSocket;
  /** What PONG is late by when no fault says otherwise. */
  readonly pongLag: number;
  readonly listener: FaultListener;
}

interface Running {
  readonly injection: Injection;
  readonly undo: () => void;
  readonly timer: Timer | null;
}

const PIECE = Buffer.alloc(1024 * 1024, 'x');

/** Switches faults on and off. One of a kind is on at a time: injecting it again replaces it. */
export class FaultInjector {
  readonly #options: FaultInjectorOptions;
  readonly #running = new Map<FaultName, Running>();
  readonly #counts = new Map<FaultName, number>();
  #injected = 0;

  constructor(options: FaultInjectorOptions) {
    this.#options = options;
  }

  /** How often each fault was injected. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /**
   * Injects a fault; a `state` lasts `forMs` milliseconds, or until it is ended when that is null.
   * Throws SIMULATOR_FAULT_INVALID for an unknown name or parameters that it does not have.
   */
  inject(name: string, input: unknown, forMs: number | null): Injection {
    const { fault, parameters } = parseFault(name, input);
    const { clock, socket, listener } = this.#options;
    this.end(fault);
    const injection: Injection = {
      number: ++this.#injected,
      fault,
      parameters,
      at: clock.now(),
      connections: socket.connections.filter(({ open }) => open).map(({ number }) => number),
    };
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
    listener.began(injection);
    if (FAULTS[fault].kind === 'act') {
      this.#act(fault, parameters);
      listener.ended(injection, clock.now());
      return injection;
    }
    const undo = this.#switchOn(fault, parameters);
    const timer = forMs === null ? null : clock.after(forMs, () => this.end(fault));
    this.#running.set(fault, { injection, undo, timer });
    return injection;
  }

  /** Ends one fault, or without a name all of them. */
  end(only?: FaultName): void {
    for (const [fault, { injection, undo, timer }] of this.#running) {
      if (only !== undefined && fault !== only) continue;
      timer?.cancel();
      this.#running.delete(fault);
      this.#options.faults.switchOff(fault);
      undo();
      this.#options.listener.ended(injection, this.#options.clock.now());
    }
  }

  #switchOn(fault: FaultName, parameters: Readonly<Record<string, unknown>>): () => void {
    const { faults, socket } = this.#options;
    faults.switchOn(fault, parameters);
    if (FAULTS[fault].atConnect && parameters['keep'] !== true) {
      for (const connection of socket.connections) connection.cut('reset');
    }
    switch (fault) {
      case 'stall':
        return this.#stall(faults.active('stall')?.connection);
      case 'stall-token':
        return this.#stallToken(faults.active('stall-token')?.token);
      case 'half-open':
        return this.#freeze(faults.active('half-open')?.connection);
      case 'pong-lag':
        faults.pongLag = faults.active('pong-lag')?.milliseconds ?? 0;
        return () => {
          faults.pongLag = this.#options.pongLag;
        };
      default:
        return () => undefined;
    }
  }

  #stall(number: number | undefined): () => void {
    const { faults } = this.#options;
    if (number === undefined) {
      faults.allStalled = true;
      return () => {
        faults.allStalled = false;
      };
    }
    faults.stalledConnections.add(number);
    return () => void faults.stalledConnections.delete(number);
  }

  #stallToken(named: string | undefined): () => void {
    const { faults } = this.#options;
    const token = named ?? this.#openToken();
    if (token === undefined) return () => undefined;
    faults.stalledTokens.add(token);
    return () => void faults.stalledTokens.delete(token);
  }

  /** A subscribed token whose window is open, of those the one that stays open longest. */
  #openToken(): string | undefined {
    const { socket, exchange, clock } = this.#options;
    const now = clock.now();
    return socket.subscribedTokens
      .flatMap((token) => {
        const window = exchange.byToken(token)?.window;
        const open = window !== undefined && window.opensAt <= now && window.endsAt > now;
        return open ? [{ token, endsAt: window.endsAt }] : [];
      })
      .toSorted((a, b) => b.endsAt - a.endsAt)[0]?.token;
  }

  #freeze(number: number | undefined): () => void {
    const frozen = this.#chosen(number);
    for (const connection of frozen) connection.freeze();
    // Whoever comes back to life does not know the connection any more.
    return () => {
      for (const connection of frozen) connection.cut('reset');
    };
  }

  #act(fault: FaultName, parameters: Readonly<Record<string, unknown>>): void {
    const { faults, exchange, clock } = this.#options;
    const { connection, bytes, count, slug } = actParameters.parse(parameters);
    const each = (run: (one: Connection) => void) => this.#chosen(connection).forEach(run);
    switch (fault) {
      case 'reset':
      case 'cut':
        each((one) => one.cut(fault));
        break;
      case 'close-1000':
        each((one) => one.close('resolved'));
        break;
      case 'close-1001':
        each((one) => one.close('going_away'));
        break;
      case 'close-1013':
        each((one) => one.close('slow_consumer'));
        break;
      case 'close-invalid-utf8':
        each((one) => one.closeWithInvalidReason());
        break;
      case 'huge-frame':
        each((one) => void one.sendForeign('text', piecesOf(bytes), bytes));
        break;
      case 'binary-frame':
        each((one) => void one.sendForeign('binary', [PIECE.subarray(0, 64)], 64));
        break;
      case 'invalid-utf8-frame':
        each((one) => void one.sendForeign('text', [INVALID_TEXT], INVALID_TEXT.length));
        break;
      case 'lose-change':
        faults.changesToLose += count;
        break;
      case 'tick-change':
        exchange.changeTicks(slug, clock.now());
        break;
      case 'new-market-storm':
        exchange.announceAgain(count, clock.now());
        break;
    }
  }

  #chosen(number: number | undefined): Connection[] {
    return this.#options.socket.connections.filter(
      (connection) => number === undefined || connection.number === number,
    );
  }
}

/** Any parameters of acts; each act has checked its own. */
const actParameters = z.object({
  connection: z.number().optional(),
  bytes: z.number().default(0),
  count: z.number().default(1),
  slug: z.string().optional(),
});

const INVALID_TEXT = Buffer.from([0x7b, 0xff, 0xfe, 0x7d]);

function* piecesOf(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= PIECE.length) yield PIECE.subarray(0, left);
}

/** Throws SIMULATOR_FAULT_INVALID. */
export function parseFault(
  name: string,
  input: unknown,
): { readonly fault: FaultName; readonly parameters: Readonly<Record<string, unknown>> } {
  if (!isFaultName(name)) {
    throw invalid(`expected one of ${FAULT_NAMES.join(', ')}, got ${JSON.stringify(name)}`);
  }
  const { parameters }: FaultKind = FAULTS[name];
  const parsed = parameters.safeParse(input ?? {});
  if (parsed.success) return { fault: name, parameters: parsed.data };
  throw invalid(`expected parameters of ${name}, got ${z.prettifyError(parsed.error)}`);
}

function invalid(message: string): OrderbooksError {
  return new OrderbooksError('SIMULATOR_FAULT_INVALID', message);
}
