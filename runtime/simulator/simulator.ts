import { OrderbooksError } from '../errors.ts';
import type { FrameStyle } from './batch.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { Endpoints, type SimulatorUrls } from './endpoints.ts';
import { Exchange } from './exchange.ts';
import { FaultInjector, type FaultListener } from './fault-injector.ts';
import { faultSchedule, runSchedule, type ScheduledFault } from './fault-schedule.ts';
import { Faults } from './faults.ts';
import { failure, httpServer } from './http.ts';
import { LedgerFile, type LedgerSink } from './ledger.ts';
import { MarketSocket } from './market-socket.ts';
import { parseSettings, type SimulatorOptions, type SimulatorSettings } from './options.ts';
import { player } from './player.ts';
import { countReplayFrames } from './replay.ts';

/** Pause between two looks at what is due. Frames carry their own times, so it only rounds when they leave. */
const PUMP_INTERVAL = 10;
/** Steps in one go, so that requests and sockets are served between them when the rate is high. */
const PUMP_STEPS = 500;

export interface Simulator extends SimulatorUrls {
  readonly settings: SimulatorSettings;
  /** Markets and books, for tests that compare a client's view with the truth. */
  readonly exchange: Exchange;
  /** What is broken on purpose at the moment. */
  readonly faults: Faults;
  readonly socket: MarketSocket;
  readonly injector: FaultInjector;
  /** Ends every connection and server. */
  close(): Promise<void>;
}

/**
 * Starts Polymarket in small on the loopback interface: Gamma, CLOB REST, the market websocket, and an endpoint
 * that breaks them on request. Rejects with SIMULATOR_OPTION_INVALID, SIMULATOR_PORT_TAKEN,
 * SIMULATOR_PORT_UNUSABLE, SIMULATOR_LEDGER_UNWRITABLE, SIMULATOR_REPLAY_UNREADABLE, SIMULATOR_REPLAY_EMPTY or
 * SIMULATOR_SCHEDULE_INVALID, with nothing left running.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const {
    clock = systemClock,
    ledger = null,
    faultListener,
    onError = rethrow,
    ...input
  } = options;
  const settings = parseSettings(input);
  for (const file of settings.replay) await countReplayFrames(file);
  const schedule =
    settings.schedule === undefined
      ? []
      : await faultSchedule(settings.schedule, settings.faultPause);
  const file =
    settings.ledgerFile === undefined ? null : await LedgerFile.create(settings.ledgerFile);
  const sinks = [ledger, file?.sink ?? null].filter((sink) => sink !== null);
  const listener = faultListener ?? { began: () => undefined, ended: () => undefined };
  try {
    return await assemble({ settings, clock, sinks, file, onError, schedule, listener });
  } catch (error) {
    await file?.close();
    throw error;
  }
}

interface Parts {
  readonly settings: SimulatorSettings;
  readonly clock: Clock;
  readonly sinks: readonly LedgerSink[];
  readonly file: LedgerFile | null;
  readonly onError: (error: unknown) => void;
  readonly schedule: Iterable<ScheduledFault>;
  readonly listener: FaultListener;
}

/** The forms that the options ask for, or those of the fault while it is on. */
function styleUnder(faults: Faults, settings: SimulatorSettings): FrameStyle {
  const now = () => faults.active('odd-forms') ?? settings;
  return {
    get spaced() {
      return now().spaced;
    },
    get arrays() {
      return now().arrays;
    },
    get surprises() {
      return now().surprises;
    },
    get duplicates() {
      return now().duplicates;
    },
    get tradePriceLead() {
      return now().tradePriceLead;
    },
  };
}

async function assemble(parts: Parts): Promise<Simulator> {
  const { settings, clock, sinks, file, onError } = parts;
  const { seed, rate, windowScale: scale, replay: files, replayPace: pace } = settings;
  const faults = new Faults();
  faults.pongLag = settings.pongLag;
  const exchange: Exchange = new Exchange(
    { ...settings, seed, rate, scale, style: styleUnder(faults, settings) },
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
    player: files.length === 0 ? null : player({ files, pace, clock, onError }),
    disconnectEvery: settings.disconnectEvery,
    load: settings.load,
  });
  const injector = new FaultInjector({
    faults,
    clock,
    exchange,
    socket,
    pongLag: settings.pongLag,
    listener: parts.listener,
  });
  const endpoints = new Endpoints({
    settings,
    clock,
    exchange,
    faults,
    injector,
    socket,
    websocketServer,
  });
  const closeEndpoints = async () => {
    await socket.close();
    await endpoints.close();
  };

  let urls: SimulatorUrls;
  try {
    urls = await endpoints.listen();
  } catch (error) {
    await closeEndpoints();
    throw error;
  }
  const stopPump = pump(exchange, clock);
  const stopSchedule = runSchedule(parts.schedule, injector, clock);
  const close = async () => {
    stopSchedule();
    injector.end();
    stopPump();
    await closeEndpoints();
    await file?.close();
  };
  let closing: Promise<void> | null = null;
  return {
    ...urls,
    settings,
    exchange,
    faults,
    socket,
    injector,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
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
