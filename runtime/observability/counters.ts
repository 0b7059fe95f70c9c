import type { Registry } from 'prom-client';

/** What a component's own metrics start with; the others (`orderbooks_archive_…`) are shared. */
const PREFIXES = {
  'ws-recorder': 'orderbooks_recorder_',
  collector: 'orderbooks_collector_',
} as const;

/**
 * Every counter and gauge without labels as the run manifest names them (`frames`, `queue_bytes`, …); a labelled one
 * gets its label's value appended (`checkpoints_ok`, `archive_closed_ws_raw`). Histograms are for scrapes only.
 */
export async function countersOf(
  registry: Registry,
  component: keyof typeof PREFIXES,
): Promise<Record<string, number>> {
  const counters: Record<string, number> = {};
  for (const metric of await registry.getMetricsAsJSON()) {
    const type: unknown = metric.type;
    if (metric.name === 'orderbooks_build_info' || (type !== 'counter' && type !== 'gauge')) {
      continue;
    }
    const name = metric.name
      .replace(PREFIXES[component], '')
      .replace('orderbooks_', '')
      .replace(/_total$/, '');
    for (const { labels, value } of metric.values) {
      counters[[name, ...Object.values(labels)].join('_')] = value;
    }
  }
  return counters;
}
