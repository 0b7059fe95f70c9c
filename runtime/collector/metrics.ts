import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { buildRegistry } from '../observability/registry.ts';

/** Everything the collector counts. Every counter exists with 0 from the start. */
export type CollectorMetrics = ReturnType<typeof collectorMetrics>;

/** 149 ms is the usual answer; beyond the rate limits it takes seconds (facts/polymarket.md §1, §3). */
const SECONDS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8];

export function collectorMetrics(build: { readonly revision: string; readonly image: string }) {
  const registry = buildRegistry(build);
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const labelled = <L extends string>(name: string, help: string, label: L, values: string[]) => {
    const found = new Counter({ name, help, labelNames: [label] as const, registers });
    for (const value of values) found.labels(value).inc(0);
    return found;
  };
  return {
    registry,
    cycles: labelled(
      'orderbooks_collector_cycles_total',
      'Cycles that ended, by the gate status of their manifest.',
      'result',
      ['pass', 'fail'],
    ),
    requests: labelled(
      'orderbooks_collector_requests_total',
      'Requests of POST /books, by whether their answer was good.',
      'result',
      ['ok', 'failed'],
    ),
    retries: counter(
      'orderbooks_collector_retries_total',
      'Requests made again because the one before had no good answer.',
    ),
    rowsWritten: counter('orderbooks_collector_rows_written_total', 'Rows brought to the disk.'),
    rowsLost: counter(
      'orderbooks_collector_rows_lost_total',
      'Answers that could not be kept, each run of them inside an overflow gap.',
    ),
    throttledCycles: counter(
      'orderbooks_collector_throttled_cycles_total',
      'Cycles whose answers came far later than usual.',
    ),
    discoveryFailures: counter(
      'orderbooks_collector_discovery_failures_total',
      'Looks at Gamma that failed.',
    ),
    activeTokens: gauge('orderbooks_collector_active_tokens', 'Tokens of the latest cycle.'),
    answeredTokens: gauge(
      'orderbooks_collector_answered_tokens',
      'Tokens with a book in the latest cycle.',
    ),
    omittedTokens: gauge(
      'orderbooks_collector_omitted_tokens',
      'Tokens that good answers of the latest cycle left out.',
    ),
    cycleSeconds: gauge(
      'orderbooks_collector_cycle_duration_seconds',
      'How long the latest cycle took.',
    ),
    lastPass: gauge(
      'orderbooks_collector_last_pass_timestamp_seconds',
      'When the newest cycle with gate status PASS ended; 0 if none did.',
    ),
    queueBytes: gauge(
      'orderbooks_collector_queue_bytes',
      'Bytes received and not yet given to the disk.',
    ),
    manifestsWaiting: gauge(
      'orderbooks_collector_cycle_manifests_waiting',
      'Cycle manifests that the disk did not take yet.',
    ),
    requestSeconds: new Histogram({
      name: 'orderbooks_collector_request_duration_seconds',
      help: 'From asking POST /books to its whole answer, good or not.',
      buckets: SECONDS,
      registers,
    }),
    archivesClosed: labelled(
      'orderbooks_archive_closed_total',
      'Archives closed by this process.',
      'stream',
      ['rest_snapshots'],
    ),
    archiveTrouble: troubleOf(registry),
    archivesSalvaged: counter(
      'orderbooks_archive_salvaged_total',
      'Archives of an earlier process that were salvaged at the start.',
    ),
  };
}

function troubleOf(registry: Registry): Gauge<'stream'> {
  const gauge = new Gauge({
    name: 'orderbooks_archive_trouble',
    help: '1 while the disk refuses rows of the stream and they wait in memory, else 0.',
    labelNames: ['stream'] as const,
    registers: [registry],
  });
  gauge.set({ stream: 'rest_snapshots' }, 0);
  return gauge;
}
