import type { Server } from 'node:http';
import { clob } from './clob.ts';
import type { Clock } from './clock.ts';
import { control } from './control.ts';
import type { Exchange } from './exchange.ts';
import type { FaultInjector } from './fault-injector.ts';
import type { Faults } from './faults.ts';
import { gamma } from './gamma.ts';
import { closeServer, httpServer, listen, type Reply, type Request } from './http.ts';
import { MARKET_PATH, type MarketSocket } from './market-socket.ts';
import type { SimulatorSettings } from './options.ts';
import { faultyReply } from './rest-faults.ts';
import { Throttle } from './throttle.ts';

export interface SimulatorUrls {
  readonly gammaUrl: string;
  readonly clobUrl: string;
  readonly websocketUrl: string;
  readonly controlUrl: string;
}

export interface EndpointParts {
  readonly settings: SimulatorSettings;
  readonly clock: Clock;
  readonly exchange: Exchange;
  readonly faults: Faults;
  readonly injector: FaultInjector;
  readonly socket: MarketSocket;
  /** The server on which `socket` takes handshakes. */
  readonly websocketServer: Server;
}

/** The four listening servers of a simulator. */
export class Endpoints {
  readonly #settings: SimulatorSettings;
  readonly #servers: Readonly<Record<'gamma' | 'clob' | 'websocket' | 'control', Server>>;
  #urls: SimulatorUrls | null = null;

  constructor(parts: EndpointParts) {
    const { settings, clock, exchange, faults, injector, socket, websocketServer } = parts;
    this.#settings = settings;
    const now = () => clock.now();
    const startedAt = now();
    const throttle = settings.throttle ? new Throttle(clock) : null;
    const requests = { gamma: 0, clob: 0 };
    const counted =
      (name: keyof typeof requests, answer: (request: Request) => Reply) =>
      async (request: Request): Promise<Reply> => {
        requests[name] += 1;
        await throttle?.pass(request.path);
        return faultyReply(faults, name, clock, () => answer(request));
      };
    const health = () => ({
      status: 'ok',
      seed: settings.seed,
      rate: settings.rate,
      window_scale: settings.windowScale,
      replay: settings.replay,
      started_at: startedAt,
      now: now(),
      /** How far generation lags behind the clock, in milliseconds. */
      behind: now() - exchange.now,
      ...this.#urls,
    });
    const { offsetCeiling, booksLimitBytes } = settings;
    const blankTokens = () => faults.active('blank-tokens') !== null;
    this.#servers = {
      gamma: httpServer(counted('gamma', gamma({ exchange, now, offsetCeiling, blankTokens }))),
      clob: httpServer(counted('clob', clob({ exchange, now, booksLimitBytes }))),
      websocket: websocketServer,
      control: httpServer(
        control({
          exchange,
          faults,
          injector,
          now,
          health,
          connections: () => socket.connections,
          statistics: () => ({ ...socket.statistics(), requests }),
        }),
      ),
    };
  }

  /** Rejects with SIMULATOR_PORT_TAKEN or SIMULATOR_PORT_UNUSABLE; call `close` then too. */
  async listen(): Promise<SimulatorUrls> {
    const { gamma: first, clob: second, websocket: third, control: fourth } = this.#servers;
    const { host, gammaPort, clobPort, websocketPort, controlPort } = this.#settings;
    const ports = {
      gamma: await listen(first, host, gammaPort, 'Gamma', '--gamma-port'),
      clob: await listen(second, host, clobPort, 'CLOB REST', '--clob-port'),
      websocket: await listen(
        third,
        host,
        websocketPort,
        'the market websocket',
        '--websocket-port',
      ),
      control: await listen(fourth, host, controlPort, 'control', '--control-port'),
    };
    // Whoever reads these is on this machine.
    const shown = host === '0.0.0.0' ? '127.0.0.1' : host;
    this.#urls = {
      gammaUrl: `http://${shown}:${ports.gamma}`,
      clobUrl: `http://${shown}:${ports.clob}`,
      websocketUrl: `ws://${shown}:${ports.websocket}${MARKET_PATH}`,
      controlUrl: `http://${shown}:${ports.control}`,
    };
    return this.#urls;
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#servers).map(closeServer));
  }
}
