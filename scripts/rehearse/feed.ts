import { Ledger } from '../../runtime/simulator/ledger.ts';
import { startSimulator } from '../../runtime/simulator/simulator.ts';
import { messageOf } from '../../runtime/thrown.ts';
import { RehearsalError } from './error.ts';

/** The simulator that plays Polymarket, and its account of what it sent. */
export interface Feed {
  readonly urls: {
    readonly gammaUrl: string;
    readonly clobUrl: string;
    readonly websocketUrl: string;
  };
  readonly controlUrl: string;
  readonly ledger: Ledger;
  stop(): Promise<void>;
}

/** Steps per second of each open market: with two to six markets about a tenth of the real feed's peak. */
const RATE = 20;
/** Often enough that every observation sees a connection end; milliseconds. */
const DISCONNECT_EVERY_MS = 6_000;

/** Starts the simulator in this process: it cannot outlive the rehearsal, and its ledger is at hand. */
export async function startFeed(onError: (error: unknown) => void): Promise<Feed> {
  const ledger = new Ledger();
  try {
    const simulator = await startSimulator({
      seed: 'rehearsal',
      rate: RATE,
      disconnectEvery: DISCONNECT_EVERY_MS,
      ledger: ledger.sink,
      onError,
    });
    const { gammaUrl, clobUrl, websocketUrl, controlUrl } = simulator;
    return {
      urls: { gammaUrl, clobUrl, websocketUrl },
      controlUrl,
      ledger,
      stop: () => simulator.close(),
    };
  } catch (cause) {
    throw new RehearsalError(
      'SIMULATOR_NOT_STARTED',
      `expected the simulator to serve on free ports of 127.0.0.1, got: ${messageOf(cause)}`,
      { cause },
    );
  }
}
