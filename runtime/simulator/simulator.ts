import type { Server } from 'node:http';
import { OrderbooksError } from '../errors.ts';
import { clob } from './clob.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { control } from './control.ts';
import { Exchange } from './exchange.ts';
import { Faults } from './faults.ts';
import { gamma } from './gamma.ts';
import { closeServer, failure, httpServer, listen, type Reply, type Request } from './http.ts';
import { LedgerFile, type LedgerSink } from './ledger.ts';
import { MARKET_PATH, MarketSocket } from './market-socket.ts';
import { parseSettings, type SimulatorOptions, type SimulatorSettings } from './options.ts';
import { player } from './player.ts';
import { countReplayFrames } from './replay.ts';
import { Throttle } from './throttle.ts';

/** Pause between two looks at what is due. Frames carry their own times, so it only rounds when they leave. */
const PUMP_INTERVAL = 10;
/** Steps in one go, so that requests and sockets are served between them when the rate is high. */
const PUMP_STEPS = 500;

export interface SimulatorUrls {
  readonly gammaUrl: string;
  readonly clobUrl: string;
  readonly websocketUrl: string;
  readonly controlUrl: string;
}

export interface Simulator extends SimulatorUrls {
  readonly settings: SimulatorSettings;
  /** Markets and books, for tests that compare a client's view with the truth. */
  readonly exchange: Exchange;
  /** What is broken on purpose at the moment. */
  readonly faults: Faults;
  readonly socket: MarketSocket;
  /** Ends every connection and server. */
  close(): Promise<void>;
}

/**
 * Starts Polymarket in small on the loopback interface: Gamma, CLOB REST, the market websocket, and an endpoint
 * that breaks them on request. Rejects with SIMULATOR_OPTION_INVALID, SIMULATOR_PORT_TAKEN,
 * SIMULATOR_PORT_UNUSABLE, SIMULATOR_LEDGER_UNWRITABLE, SIMULATOR_REPLAY_UNREADABLE or SIMULATOR_REPLAY_EMPTY,
 * with nothing left running.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { clock = systemClock, ledger = null, onError = rethrow, ...input } = options;
  const settings = parseSettings(input);
  for (const file of settings.replay) await countReplayFrames(file);
  const file =
    settings.ledgerFile === undefined ? null : await LedgerFile.create(settings.ledgerFile);
  const sinks = [ledger, file?.sink ?? null].filter((sink) => sink !== null);
  try {
    return await assemble(settings, clock, sinks, file, onError);
  } catch (error) {
    await file?.close();
    throw error;
  }
}

async function assemble(
  settings: SimulatorSettings,
  clock: Clock,
  sinks: readonly LedgerSink[],
  file: LedgerFile | null,
  onError: (error: unknown) => void,
): Promise<Simulator> {
  const { seed, rate, windowScale: scale } = settings;
  const faults = new Faults();
  faults.pongLag = settings.pongLag;
  const throttle = settings.throttle ? new Throttle(clock) : null;
  const now = () => clock.now();
  const exchange: Exchange = new Exchange(
    { seed, rate, scale, style: settings },
    { batch: (batch) => socket.deliver(batch), settled: (market) => socket.settled(market) },
    clock.now(),
  );

  const websocketServer = httpServer(() => failure(404, 'not found'));
  const socket = new MarketSocket(websocketServer, {
    connection: {
      clock,
      ledger: sinks.length === 0 ? null : (record) => sinks.forEach((sink) => void sink(record)),
      slowConsumerBytes: settings.slowConsumerBytes,
      idleClose: settings.idleClose,
    },
    exchange,
    faults,
    player:
      settings.replay.length === 0
        ? null
        : player({ files: settings.replay, pace: settings.replayPace, clock, onError }),
    disconnectEvery: settings.disconnectEvery,
  });

  const startedAt = clock.now();
  const requests = { gamma: 0, clob: 0 };
  const counted =
    (name: keyof typeof requests, answer: (request: Request) => Reply) =>
    async (request: Request): Promise<Reply> => {
      requests[name] += 1;
      await throttle?.pass(request.path);
      return answer(request);
    };
  const { offsetCeiling } = settings;
  const servers: Endpoint[] = [
    {
      server: httpServer(counted('gamma', gamma({ exchange, now, offsetCeiling }))),
      port: settings.gammaPort,
      name: 'Gamma',
      option: '--gamma-port',
    },
    {
      server: httpServer(counted('clob', clob({ exchange, now }))),
      port: settings.clobPort,
      name: 'CLOB REST',
      option: '--clob-port',
    },
    {
      server: websocketServer,
      port: settings.websocketPort,
      name: 'the market websocket',
      option: '--websocket-port',
    },
    {
      server: httpServer(
        control({
          exchange,
          faults,
          now,
          connections: () => socket.connections,
          health: () => ({
            status: 'ok',
            seed,
            rate,
            window_scale: scale,
            replay: settings.replay,
            started_at: startedAt,
            now: clock.now(),
            /** How far generation lags behind the clock, in milliseconds. */
            behind: clock.now() - exchange.now,
            ...urls,
          }),
          statistics: () => ({ ...socket.statistics(), requests }),
        }),
      ),
      port: settings.controlPort,
      name: 'control',
      option: '--control-port',
    },
  ];

  const closeServers = async () => {
    for (const { server } of servers) await closeServer(server);
  };
  let urls: SimulatorUrls;
  try {
    const [gammaPort, clobPort, websocketPort, controlPort] = await listenAll(servers);
    urls = {
      gammaUrl: `http://127.0.0.1:${gammaPort}`,
      clobUrl: `http://127.0.0.1:${clobPort}`,
      websocketUrl: `ws://127.0.0.1:${websocketPort}${MARKET_PATH}`,
      controlUrl: `http://127.0.0.1:${controlPort}`,
    };
  } catch (error) {
    await socket.close();
    await closeServers();
    throw error;
  }

  const stopPump = pump(exchange, clock);
  let closing: Promise<void> | null = null;
  const close = async () => {
    stopPump();
    await socket.close();
    await closeServers();
    await file?.close();
  };
  return {
    ...urls,
    settings,
    exchange,
    faults,
    socket,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

interface Endpoint {
  readonly server: Server;
  readonly port: number;
  readonly name: string;
  /** The command's flag for its port. */
  readonly option: string;
}

async function listenAll(endpoints: readonly Endpoint[]): Promise<number[]> {
  const ports: number[] = [];
  for (const { server, port, name, option } of endpoints) {
    ports.push(await listen(server, port, name, option));
  }
  return ports;
}

/** Keeps the exchange at the clock's time. Returns what ends it. */
function pump(exchange: Exchange, clock: Clock): () => void {
  let timer: Timer;
  const turn = () => {
    const done = exchange.runUntil(clock.now(), PUMP_STEPS);
    timer = clock.after(done ? PUMP_INTERVAL : 0, turn);
  };
  timer = clock.after(PUMP_INTERVAL, turn);
  return () => timer.cancel();
}

function rethrow(error: unknown): never {
  throw error instanceof OrderbooksError
    ? error
    : new OrderbooksError('SIMULATOR_FAILED', String(error), { cause: error });
}
