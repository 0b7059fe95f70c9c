import { z } from 'zod';
import { OrderbooksError } from '../errors.ts';
import { CADENCES } from '../polymarket/slug.ts';
import { READ_BACK } from '../uploader/read-back.ts';
import { parseDuration } from './duration.ts';

const EXPECTED_DURATION = 'expected a duration such as 500ms, 10s, 5m, 1.5h or 3d';

/** A duration text (`500ms`, `10s`, `5m`, `3d`), as milliseconds once parsed. */
export const duration = z.string(EXPECTED_DURATION).transform((text, context) => {
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof OrderbooksError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

/** A timer that is set to more fires at once: it counts in 31 bits. */
const LONGEST_WAIT_MS = 24 * 86_400_000;

/** A duration that something waits for. */
const wait = duration.refine((ms) => ms <= LONGEST_WAIT_MS, 'expected at most 24d');

/** A pause of a loop, or a limit that nothing can keep within no time. */
const pause = wait.refine((ms) => ms >= 1, 'expected at least 1ms');

const address = z.url({
  protocol: /^https?$/,
  error: 'expected an address that begins with https:// or http://',
});
const socketAddress = z.url({
  protocol: /^wss?$/,
  error: 'expected an address that begins with wss:// or ws://',
});

const feed = z.strictObject({
  gammaUrl: address.default('https://gamma-api.polymarket.com'),
  clobUrl: address.default('https://clob.polymarket.com'),
  websocketUrl: socketAddress.default('wss://ws-subscriptions-clob.polymarket.com/ws/market'),
  /** The service answers 403 to the default agents of some clients (facts/polymarket.md §1), so ours is set. */
  userAgent: z.string().min(1).default('orderbooks'),
  requestTimeout: pause.prefault('10s'),
});

const discovery = z.strictObject({
  cadences: z
    .array(z.enum(CADENCES))
    .min(1)
    .default([...CADENCES]),
  /** A market is chosen once its window opens within this time. */
  lookAhead: duration.prefault('15m'),
  /** A market stays chosen this long after its window ended. */
  keepAfterEnd: duration.prefault('5m'),
  interval: pause.prefault('15s'),
  /** 0 means every market inside the look-ahead. */
  marketLimit: z.number().int().nonnegative().default(0),
  /**
   * For simulation only: how long windows are compared with the real ones, as in `orderbooks simulate --window-scale`.
   * The durations above are not scaled with it.
   */
  windowScale: z.number().positive().max(1).default(1),
});

const recorder = z.strictObject({
  /** Redundant websockets, each subscribed to everything and archived on its own. */
  connections: z.number().int().min(1).max(4).default(1),
  /** Least time between the starts of two of them, so that they do not end together. */
  connectionStagger: wait.prefault('5s'),
  pingInterval: pause.prefault('10s'),
  /** Time from subscribing to the first frame. */
  firstMessageTimeout: pause.prefault('10s'),
  /** A connection without data (PONG is not data) for this long, while tokens are active, is a stall. */
  silenceTimeout: pause.prefault('30s'),
  reconnectInitial: wait.prefault('250ms'),
  reconnectMaximum: wait.prefault('30s'),
  checkpointInterval: pause.prefault('60s'),
  /** Received frames held in memory while the disk is slow; above it frames are lost and a gap says so. */
  queueBytes: z.number().int().positive().default(67_108_864),
});

/** The service refuses 501 tokens; fewer, because its limit may be bytes (facts/polymarket.md §1). */
const MAX_BOOKS = 500;

const collector = z.strictObject({
  /** From the start of a cycle to the start of the next. */
  interval: pause.prefault('60s'),
  /** A cycle that takes longer is ended and says so in its manifest. */
  cycleDeadline: pause.prefault('45s'),
  /** Tokens per `POST /books`. */
  batchSize: z.number().int().min(1).max(MAX_BOOKS).default(250),
  /** Requests at the same time; the service permits 500 in 10 s (facts/polymarket.md §1). */
  concurrency: z.number().int().min(1).max(16).default(2),
  /** How often one batch is asked for in one cycle. */
  attempts: z.number().int().min(1).max(20).default(4),
  retryInitial: wait.prefault('500ms'),
  retryMaximum: wait.prefault('10s'),
  /** Answers held in memory while the disk is slow; above it answers are lost and a gap says so. */
  queueBytes: z.number().int().positive().default(67_108_864),
});

const archive = z.strictObject({
  rotateAfter: duration.prefault('5m'),
  rotateBytes: z.number().int().positive().default(67_108_864),
  /** At most this much is at risk when the process or the machine dies. */
  flushInterval: pause.prefault('500ms'),
  gzipLevel: z.number().int().min(1).max(9).default(6),
});

const EXPECTED_REMOTE =
  'expected an rclone remote, a colon and a folder, such as archive:orderbooks';
const EXPECTED_FOLDER = 'expected the whole path of a folder, such as /mnt/archive';

const uploader = z.strictObject({
  remote: z.discriminatedUnion('type', [
    /** `target` is an rclone remote and folder, such as `archive:orderbooks`. */
    z.strictObject({
      type: z.literal('rclone'),
      target: z.string().regex(/^[^:]+:/, EXPECTED_REMOTE),
    }),
    /** `target` is the folder of a mounted share. */
    z.strictObject({
      type: z.literal('directory'),
      target: z.string().startsWith('/', EXPECTED_FOLDER),
    }),
  ]),
  /** Closed archives younger than this are left for the next run. */
  minimumAge: duration.prefault('10m'),
  /** Verified archives older than this are deleted locally. */
  retention: duration.prefault('3d'),
  /** Manifests older than this are deleted, those of archives only where these are gone; the newest of each kind stay. */
  manifestRetention: duration.prefault('30d'),
  /** When copies are read whole, which costs egress; otherwise the remote's own hashes are compared. */
  readBack: z.enum(READ_BACK).default('before-deletion'),
});

const bytes = z.number().int().nonnegative();

/** Room for archives. Nothing is deleted to make room; what is shed is said in gap rows, metrics and readiness. */
const disk = z
  .strictObject({
    /** With less room than this there is a warning. */
    warnBelow: bytes.default(2_147_483_648),
    /** With less room than this checkpoints and snapshots are not archived. */
    shedRestBelow: bytes.default(536_870_912),
    /** With less room than this frames are not archived either; the rest is for manifests and the uploader's records. */
    shedFramesBelow: bytes.default(134_217_728),
    /** What may lie below the data root in all; without it only the free space of the file system counts. */
    maximumBytes: bytes.optional(),
    lookEvery: pause.prefault('10s'),
  })
  .refine((limits) => limits.warnBelow >= limits.shedRestBelow, {
    path: ['shedRestBelow'],
    message: 'expected at most disk.warnBelow: a warning comes before anything is shed',
  })
  .refine((limits) => limits.shedRestBelow >= limits.shedFramesBelow, {
    path: ['shedFramesBelow'],
    message: 'expected at most disk.shedRestBelow: answers of REST are shed before frames',
  })
  .refine((limits) => limits.maximumBytes === undefined || limits.maximumBytes > limits.warnBelow, {
    path: ['maximumBytes'],
    message: 'expected more than disk.warnBelow: otherwise an empty data root is too full',
  });

/** The whole configuration file. Unknown keys are errors. */
export const configuration = z.strictObject({
  feed: feed.prefault({}),
  discovery: discovery.prefault({}),
  recorder: recorder.prefault({}),
  collector: collector.prefault({}),
  archive: archive.prefault({}),
  disk: disk.prefault({}),
  uploader: uploader.optional(),
  http: z.strictObject({ port: z.number().int().min(0).max(65_535).default(8080) }).prefault({}),
  log: z
    .strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') })
    .prefault({}),
});
export type Configuration = z.infer<typeof configuration>;
