import { z } from 'zod';
import { OrderbooksError } from '../errors.ts';
import { CADENCES, windowLength } from '../polymarket/slug.ts';
import type { Clock } from './clock.ts';
import type { FaultListener } from './fault-injector.ts';
import type { LedgerSink } from './ledger.ts';
import { ACTIVE_AHEAD, isScalable, SCALABLE_CADENCES } from './market.ts';

const port = z.number().int().min(0).max(65_535).default(0);
const share = z.number().min(0).max(1);
const milliseconds = z.number().min(0);

/** Everything that shapes a simulation. Durations are milliseconds, shares go from 0 to 1. */
export const simulatorSettings = z.strictObject({
  seed: z.string().min(1).default('orderbooks'),
  /** Steps a second of each market whose window is open; most steps send one frame. */
  rate: z.number().min(0).max(20_000).default(20),
  windowScale: z
    .number()
    .positive()
    .max(1)
    .refine((scale) => SCALABLE_CADENCES.every((cadence) => wholeSeconds(cadence, scale)), {
      message:
        'must leave windows of whole seconds, such as 0.1 (30 s and 90 s) or 0.02 (6 s and 18 s)',
    })
    .default(1),
  /** The series that are listed: those of 1h, 4h and 1d go by New York's clock and cannot be sped up. */
  cadences: z
    .array(z.enum(CADENCES))
    .min(1)
    .default([...SCALABLE_CADENCES]),
  /** Address to listen on; 0.0.0.0 for the simulated feed of a cluster. */
  host: z.string().min(1).default('127.0.0.1'),
  gammaPort: port,
  clobPort: port,
  websocketPort: port,
  controlPort: port,
  /** Files of recorded frames to serve on the websocket instead of generated ones. */
  replay: z.array(z.string()).default([]),
  replayPace: z.enum(['recorded', 'fast']).default('recorded'),
  ledgerFile: z.string().optional(),
  /** Each connection is reset when it reaches this age; 0 for never. */
  disconnectEvery: milliseconds.default(0),
  /** Measured: 125.2 s without any traffic (facts/polymarket.md §3, heartbeat). */
  idleClose: milliseconds.default(125_000),
  /** The real threshold is unknown; this one is seconds of the busiest feed seen. */
  slowConsumerBytes: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 * 1024),
  pongLag: milliseconds.default(0),
  /** The form of the wire until May 2026: a space after commas. */
  spaced: z.boolean().default(false),
  arrays: share.default(0),
  surprises: share.default(0),
  /** 120 of about 25,000 frames on busy markets (facts §3, exact duplicates). */
  duplicates: share.default(0.005),
  tradePriceLead: share.default(0),
  /** Delay REST requests beyond the documented rate limits. */
  throttle: z.boolean().default(false),
  /** Faults at moments: a file, or `seed:TEXT`. */
  schedule: z.string().min(1).optional(),
  /** Between two faults of a seeded schedule. */
  faultPause: milliseconds.default(10_000),
  /** Frames per second to each connection beside those of the markets, as far as it takes them. */
  load: z.number().min(0).max(1_000_000).default(0),
  /** How long before its window a market has a book; scaled as windows are. */
  activeAhead: milliseconds.default(ACTIVE_AHEAD),
  /** Share of markets whose result the stream tells; some connections ended before it (facts §2). */
  resolvedShare: share.default(1),
  /** Bytes in one POST /books: whether the service counts these or tokens is unknown (facts §1). */
  booksLimitBytes: z.number().int().positive().default(50_000),
  /** Two ceilings were seen, 2,000 and 10,000. */
  offsetCeiling: z.number().int().min(0).default(2000),
});
export type SimulatorSettings = z.infer<typeof simulatorSettings>;

export interface SimulatorOptions extends Readonly<z.input<typeof simulatorSettings>> {
  readonly clock?: Clock;
  /** Told of every connection and every frame as it happens. */
  readonly ledger?: LedgerSink;
  /** Told of every fault as it begins and ends. */
  readonly faultListener?: FaultListener;
  /** Told of failures that are nobody's answer, such as a replay file that vanished. */
  readonly onError?: (error: unknown) => void;
}

/** Throws SIMULATOR_OPTION_INVALID naming every option that is wrong. */
export function parseSettings(input: z.input<typeof simulatorSettings>): SimulatorSettings {
  const parsed = simulatorSettings.safeParse(input);
  if (parsed.success) {
    const { cadences, windowScale } = parsed.data;
    const fixed = cadences.filter((cadence) => !isScalable(cadence));
    if (windowScale === 1 || fixed.length === 0) return parsed.data;
    throw new OrderbooksError(
      'SIMULATOR_OPTION_INVALID',
      `cadences: expected only ${SCALABLE_CADENCES.join(' and ')} with windowScale ${windowScale}, got ${fixed.join(', ')}, whose windows go by New York's clock; leave them out or use windowScale 1`,
    );
  }
  const faults = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`,
  );
  throw new OrderbooksError(
    'SIMULATOR_OPTION_INVALID',
    `expected valid options of the simulator, got ${faults.join('; ')}`,
  );
}

function wholeSeconds(cadence: (typeof SCALABLE_CADENCES)[number], scale: number): boolean {
  const exact = windowLength(cadence) * scale;
  return exact >= 1000 && Math.abs(exact - windowLength(cadence, scale)) < 1e-6;
}
