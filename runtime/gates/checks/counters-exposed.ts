import type { RunManifest } from '../../archive/manifest.ts';
import { defineCheck } from '../check.ts';
import type { Sample } from '../facts.ts';
import { CLOCK_TOLERANCE_MS, runsOfPod } from '../inspection.ts';
import { firstFew } from '../judged-archives.ts';
import { judged } from '../outcome.ts';

/** A running recorder replaces its run manifest every two seconds; this leaves room for a slow disk. */
const MANIFEST_AGE_MS = 60_000;

/** Plain counters of the recorder; the run manifest has them under the short name. */
const COUNTERS = [
  'frames',
  'data_frames',
  'reconnects',
  'disconnects',
  'stalls',
  'divergences',
  'lost_frames',
] as const;

const SERIES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ...COUNTERS.map((name) => [metricOf(name), {}] as const),
  ['orderbooks_recorder_connections_open', {}],
  ['orderbooks_recorder_active_tokens', {}],
  ['orderbooks_recorder_last_data_frame_timestamp_seconds', {}],
  ['orderbooks_recorder_queue_bytes', {}],
  ['orderbooks_recorder_checkpoints_total', { result: 'ok' }],
  ['orderbooks_recorder_checkpoints_total', { result: 'failed' }],
  ['orderbooks_archive_closed_total', { stream: 'ws_raw' }],
  ['orderbooks_archive_closed_total', { stream: 'rest_checkpoints' }],
  ['orderbooks_archive_salvaged_total', {}],
];

/** Operators see reconnects, stalls and divergences: the counters exist, are numbers, and are the run’s own. */
export const countersExposed = defineCheck({
  id: 'counters-exposed',
  proves:
    'every counter that alerts rest on is exposed by the promoted image, never goes down, and agrees with the run manifest on disk',
  needs: ['promoted', 'observation', 'before'],
  run({ subject }, { promoted, observation, before }) {
    const expected = `${SERIES.length} named series and orderbooks_build_info of ${subject.imageDigest}, all numbers, none falling; ${COUNTERS.length} counters of the run manifest not ahead of the metrics, nor behind them`;
    const first = observation.samples[0];
    const last = observation.samples.at(-1);
    if (first === undefined || last === undefined) {
      return {
        status: 'fail',
        expected,
        observed: `0 usable scrapes, ${observation.failures.length} failed`,
        reason: `no metrics could be read: ${observation.failures.at(-1) ?? 'nothing said why'}`,
      };
    }
    const problems = [
      ...missing(last),
      ...falling(first, last),
      ...foreign(last, subject.imageDigest),
    ];
    const runs = runsOfPod(before.report, promoted.pod.name);
    const manifest = before.report.run_manifests.findLast((one) => runs.includes(one.run_id));
    if (manifest === undefined) {
      problems.push(`no run manifest of pod ${promoted.pod.name} to compare with`);
    } else {
      const age = before.requestedAt.getTime() - Date.parse(manifest.updated_at);
      if (!(age <= MANIFEST_AGE_MS)) {
        problems.push(`the run manifest is of ${manifest.updated_at}, ${age / 1000} s old: stale`);
      }
      // Recorder and inspector run on the same node, by the same clock.
      const ahead = Date.parse(manifest.updated_at) - Date.parse(before.report.inspected_at);
      if (ahead > CLOCK_TOLERANCE_MS) {
        problems.push(
          `the run manifest is of ${manifest.updated_at}, ${ahead / 1000} s after it was read: of the future`,
        );
      }
      problems.push(...disagreeing(manifest, first, before.metricsAfterwards));
    }
    const counted = COUNTERS.map(
      (name) => `${name} ${last.metrics.value(metricOf(name)) ?? 'absent'}`,
    ).join(', ');
    return judged(
      expected,
      `${counted}; ${observation.samples.length} scrapes, ${observation.failures.length} failed; run manifest ${manifest === undefined ? 'absent' : `of ${manifest.updated_at}`}`,
      problems.length === 0 ? [] : [firstFew(problems)],
      'reconnects, stalls and divergences can be watched',
    );
  },
});

function missing({ metrics }: Sample): string[] {
  return SERIES.flatMap(([name, labels]) => {
    const value = metrics.value(name, labels);
    const series = `${name}${Object.entries(labels)
      .map(([key, text]) => `{${key}="${text}"}`)
      .join('')}`;
    if (value === null) return [`${series} is absent`];
    return Number.isFinite(value) && value >= 0 ? [] : [`${series} is ${value}, not a count`];
  });
}

function falling(first: Sample, last: Sample): string[] {
  return COUNTERS.flatMap((name) => {
    const from = first.metrics.value(metricOf(name));
    const to = last.metrics.value(metricOf(name));
    return from !== null && to !== null && to < from
      ? [`${metricOf(name)} fell from ${from} to ${to}`]
      : [];
  });
}

function foreign({ metrics }: Sample, imageDigest: string): string[] {
  const builds = metrics.labels('orderbooks_build_info');
  if (builds.length !== 1) return [`${builds.length} series of orderbooks_build_info instead of 1`];
  const image = builds[0]?.['image'] ?? '';
  return image.endsWith(imageDigest)
    ? []
    : [`orderbooks_build_info says image ${image || '(none)'}`];
}

/** The manifest was written before the report, and the report before the later scrape: it cannot be ahead of it. */
function disagreeing(manifest: RunManifest, first: Sample, afterwards: Sample | string): string[] {
  if (typeof afterwards === 'string') return [`no scrape after the inspection: ${afterwards}`];
  // Clocks of nodes differ a little, so only a manifest clearly younger than the first scrape must have its counts.
  const younger = Date.parse(manifest.updated_at) - first.at.getTime() > CLOCK_TOLERANCE_MS;
  return COUNTERS.flatMap((name) => {
    const written = manifest.counters[name];
    const scraped = afterwards.metrics.value(metricOf(name));
    const before = first.metrics.value(metricOf(name));
    if (written === undefined) return [`the run manifest has no counter ${name}`];
    if (scraped === null) return [];
    if (written > scraped) {
      return [`the run manifest says ${name} ${written}, the metrics later ${scraped}`];
    }
    return younger && before !== null && written < before
      ? [`the run manifest says ${name} ${written}, the metrics earlier ${before}`]
      : [];
  });
}

function metricOf(counter: (typeof COUNTERS)[number]): string {
  return `orderbooks_recorder_${counter}_total`;
}
