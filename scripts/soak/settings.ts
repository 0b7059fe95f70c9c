import type { SimulatorUrls } from '../../runtime/simulator/endpoints.ts';
import type { SimulatorOptions } from '../../runtime/simulator/options.ts';
import type { SoakOptions } from './soak.ts';

const MINUTE = 60_000;
/** Unread bytes that the simulator puts up with: few, so that a recorder that stands still is given up in time. */
const SLOW_CONSUMER_BYTES = 500_000;

/** The service: windows shortened by the speed, and every toggle of the wire's forms on. */
export function simulatorSettings({ seed, speed, rate }: SoakOptions): SimulatorOptions {
  return {
    seed,
    rate,
    windowScale: 1 / speed,
    slowConsumerBytes: SLOW_CONSUMER_BYTES,
    arrays: 0.05,
    surprises: 0.01,
    duplicates: 0.01,
    tradePriceLead: 0.1,
    throttle: true,
    // Shorter than the look-ahead: markets are subscribed before they have a book.
    activeAhead: 10 * MINUTE,
    resolvedShare: 0.8,
  };
}

/** The recorder's configuration: its own defaults, with waits shortened so that many faults fit into an hour. */
export function recorderSettings({ speed }: SoakOptions, urls: SimulatorUrls): object {
  const { gammaUrl, clobUrl, websocketUrl } = urls;
  const scaled = (minutes: number) => `${Math.round((minutes * MINUTE) / speed)}ms`;
  return {
    feed: { gammaUrl, clobUrl, websocketUrl, requestTimeout: '2s' },
    discovery: {
      lookAhead: scaled(15),
      keepAfterEnd: scaled(5),
      interval: '500ms',
      windowScale: 1 / speed,
    },
    recorder: {
      pingInterval: '1s',
      firstMessageTimeout: '2s',
      silenceTimeout: '3s',
      reconnectInitial: '100ms',
      reconnectMaximum: '2s',
      checkpointInterval: '1s',
    },
    archive: { rotateAfter: '5s' },
    http: { port: 0 },
  };
}
