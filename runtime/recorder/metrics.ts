import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { GAP_REASONS } from '../archive/row.ts';
import { buildRegistry } from '../observability/registry.ts';

/** Everything the recorder counts. Every counter exists with 0 from the start. */
export interface RecorderMetrics {
  readonly registry: Registry;
  readonly frames: Counter;
  readonly bytes: Counter;
  readonly gaps: Counter<'reason'>;
  readonly dataFrames: Counter;
  readonly reconnects: Counter;
  readonly refusals: Counter;
  readonly disconnects: Counter;
  readonly stalls: Counter;
  readonly besideConnections: Counter;
  readonly assetSilences: Counter;
  readonly binaryFrames: Counter;
  readonly divergences: Counter;
  readonly hashDivergences: Counter;
  readonly hashChecks: Counter;
  readonly missingBooks: Counter;
  readonly throttledRounds: Counter;
  readonly checkpointSeconds: Histogram;
  readonly diskSeconds: Histogram;
  readonly eventLagSeconds: Histogram;
  readonly connectionsOpen: Gauge;
  readonly activeTokens: Gauge;
  readonly lastDataFrame: Gauge;
  readonly queueBytes: Gauge;
  readonly lostFrames: Counter;
  readonly checkpoints: Counter<'result'>;
  readonly discoveryFailures: Counter;
  readonly slotFrames: Counter<'slot'>;
  readonly slotOpen: Gauge<'slot'>;
  readonly slotLastDataFrame: Gauge<'slot'>;
  readonly slotMissingBooks: Gauge<'slot'>;
  readonly archivesClosed: Counter<'stream'>;
  readonly archiveTrouble: Gauge<'stream'>;
  readonly archivesSalvaged: Counter;
}

export function recorderMetrics(build: {
  readonly revision: string;
  readonly image: string;
}): RecorderMetrics {
  const registry = buildRegistry(build);
  const counter = (name: string, help: string) =>
    new Counter({ name, help, registers: [registry] });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const checkpoints = new Counter({
    name: 'orderbooks_recorder_checkpoints_total',
    help: 'Answers of POST /books, by whether they held books.',
    labelNames: ['result'] as const,
    registers: [registry],
  });
  checkpoints.inc({ result: 'ok' }, 0);
  checkpoints.inc({ result: 'failed' }, 0);
  const archivesClosed = new Counter({
    name: 'orderbooks_archive_closed_total',
    help: 'Archives closed by this process.',
    labelNames: ['stream'] as const,
    registers: [registry],
  });
  archivesClosed.inc({ stream: 'ws_raw' }, 0);
  archivesClosed.inc({ stream: 'rest_checkpoints' }, 0);
  const archiveTrouble = new Gauge({
    name: 'orderbooks_archive_trouble',
    help: '1 while the disk refuses rows of the stream and they wait in memory, else 0.',
    labelNames: ['stream'] as const,
    registers: [registry],
  });
  archiveTrouble.set({ stream: 'ws_raw' }, 0);
  archiveTrouble.set({ stream: 'rest_checkpoints' }, 0);
  const gaps = new Counter({
    name: 'orderbooks_recorder_gaps_total',
    help: 'Gap rows archived in the stream of frames, by reason.',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  for (const reason of GAP_REASONS) gaps.inc({ reason }, 0);
  return {
    registry,
    gaps,
    archiveTrouble,
    checkpoints,
    archivesClosed,
    frames: counter('orderbooks_recorder_frames_total', 'Text frames received.'),
    bytes: counter('orderbooks_recorder_bytes_total', 'Bytes of the text frames received.'),
    dataFrames: counter('orderbooks_recorder_data_frames_total', 'Text frames with market data.'),
    reconnects: counter(
      'orderbooks_recorder_reconnects_total',
      'Connections opened again after one ended.',
    ),
    refusals: counter('orderbooks_recorder_refusals_total', 'Connection attempts that failed.'),
    disconnects: counter('orderbooks_recorder_disconnects_total', 'Open connections that ended.'),
    stalls: counter(
      'orderbooks_recorder_stalls_total',
      'Open connections dropped because they were silent.',
    ),
    besideConnections: counter(
      'orderbooks_recorder_beside_connections_total',
      'Connections opened for a while beside a redundant connection, to ask again for tokens without missing frames.',
    ),
    assetSilences: counter(
      'orderbooks_recorder_asset_silences_total',
      'Times a token of an open window was silent while others were not.',
    ),
    binaryFrames: counter('orderbooks_recorder_binary_frames_total', 'Binary frames received.'),
    divergences: counter(
      'orderbooks_recorder_divergences_total',
      'Books whose websocket and REST state differed in two checkpoints in a row.',
    ),
    hashDivergences: counter(
      'orderbooks_recorder_hash_divergences_total',
      'Books that stopped having the hash that the stream publishes with each change: a change never came.',
    ),
    hashChecks: counter(
      'orderbooks_recorder_hash_checks_total',
      'Books compared with the hash that the stream published for them.',
    ),
    missingBooks: counter(
      'orderbooks_recorder_missing_books_total',
      'Times a subscribed token with a book was not sent its opening book.',
    ),
    throttledRounds: counter(
      'orderbooks_recorder_throttled_rounds_total',
      'Rounds of checkpoints whose answers came far later than usual.',
    ),
    checkpointSeconds: new Histogram({
      name: 'orderbooks_recorder_checkpoint_duration_seconds',
      help: 'From asking POST /books for a checkpoint to its whole answer, good or not.',
      // 149 ms is the usual answer; beyond the rate limits it takes seconds (facts/polymarket.md §1, §3).
      buckets: [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8],
      registers: [registry],
    }),
    diskSeconds: new Histogram({
      name: 'orderbooks_recorder_disk_delay_seconds',
      help: 'From the receipt of a frame until it is on the medium; one frame in eight is timed while others wait.',
      buckets: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 1, 1.5, 2, 4, 8, 30, 120],
      registers: [registry],
    }),
    eventLagSeconds: new Histogram({
      name: 'orderbooks_recorder_event_lag_seconds',
      help: "From a price change, by the service's clock, to its receipt by ours.",
      // 40 ms are usual, 11.7 s were seen before the service gave a slow consumer up (facts/polymarket.md §3, §5).
      buckets: [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60],
      registers: [registry],
    }),
    connectionsOpen: gauge('orderbooks_recorder_connections_open', 'Open connections.'),
    activeTokens: gauge('orderbooks_recorder_active_tokens', 'Tokens that should be subscribed.'),
    lastDataFrame: gauge(
      'orderbooks_recorder_last_data_frame_timestamp_seconds',
      'When the newest frame with market data was received; 0 if none was.',
    ),
    queueBytes: gauge(
      'orderbooks_recorder_queue_bytes',
      'Bytes received and not yet given to the disk.',
    ),
    lostFrames: counter(
      'orderbooks_recorder_lost_frames_total',
      'Frames received and not kept, each inside an overflow gap.',
    ),
    discoveryFailures: counter(
      'orderbooks_recorder_discovery_failures_total',
      'Looks at Gamma that failed.',
    ),
    slotFrames: new Counter({
      name: 'orderbooks_recorder_slot_frames_total',
      help: 'Text frames received, by redundant connection.',
      labelNames: ['slot'] as const,
      registers: [registry],
    }),
    slotOpen: new Gauge({
      name: 'orderbooks_recorder_slot_open',
      help: 'Whether that redundant connection is open: 1 or 0.',
      labelNames: ['slot'] as const,
      registers: [registry],
    }),
    slotLastDataFrame: new Gauge({
      name: 'orderbooks_recorder_slot_last_data_frame_timestamp_seconds',
      help: 'When that redundant connection received its newest frame with market data; 0 if it never did.',
      labelNames: ['slot'] as const,
      registers: [registry],
    }),
    slotMissingBooks: new Gauge({
      name: 'orderbooks_recorder_slot_missing_books',
      help: 'Subscribed tokens of that redundant connection that have a book and were not sent it.',
      labelNames: ['slot'] as const,
      registers: [registry],
    }),
    archivesSalvaged: counter(
      'orderbooks_archive_salvaged_total',
      'Archives of an earlier process that were salvaged at the start.',
    ),
  };
}
