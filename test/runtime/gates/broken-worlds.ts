import type { Pod } from '../../../runtime/gates/platform.ts';
import type { ArchiveReport, InspectReport } from '../../../runtime/inspector/report.ts';
import { type BrokenWorld, brokenWorlds } from './broken-world.ts';
import { collector, gap, OTHER_DIGEST, type World } from './world.ts';

const broken = brokenWorlds('ws-smoke');

export const BROKEN_WORLDS: readonly BrokenWorld[] = [
  broken('recorder-on-promoted-digest', 'the recorder’s container restarted once', (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, restarts: 1 }));
  }),
  broken('recorder-on-promoted-digest', 'another release runs beside it at the end', (world) => {
    world.change.pods = (pods) => (world.uploaded ? [...pods, ...pods.map(foreignPod)] : pods);
  }),
  broken('recorder-on-promoted-digest', 'the release is rolled back during the run', (world) => {
    world.change.pods = (pods) => (world.uploaded ? pods.map(foreignPod) : pods);
  }),
  broken('recorder-on-promoted-digest', 'two replicas are wanted', (world) => {
    world.change.deployment = (workload) => ({ ...workload, desiredReplicas: 2 });
  }),
  broken('recorder-receives', 'the count of data frames stands still', (world) => {
    const stuck = stuckCounters(['frames', 'data_frames'], 1);
    world.change.metrics = stuck.metrics;
    world.change.inspect = stuck.inspect;
  }),
  broken('recorder-receives', 'what is received no longer reaches the disk', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      open: report.open.map((open) => ({ ...open, modified_at: '2026-11-21T09:00:00.000Z' })),
      archives: report.archives.map((archive) => ({
        ...archive,
        last_received_at: archive.last_received_at === null ? null : '2026-11-21T09:00:00.000Z',
      })),
    });
  }),
  broken('archives-parse', 'an archive is cut off', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', {
      complete: false,
      errors: ['line 12: unexpected end'],
    });
  }),
  broken('archives-parse', 'an archive is not the one of its manifest', (world) => {
    eachArchive(world, 'rest_checkpoints_0_promoted', { manifest: 'mismatch' });
  }),
  broken('archives-parse', 'an archive has no manifest', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', { manifest: 'missing' });
  }),
  broken('archives-parse', 'an archive was written by another image', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', {
      image: `registry.example.com/data/orderbooks@${OTHER_DIGEST}`,
    });
  }),
  broken('archives-parse', 'an archive has an error that nothing else counts', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', { errors: ['line 3: unknown row type'] });
  }),
  broken('archives-parse', 'a link leads out of the raw folder', (world) => {
    world.change.inspect = (report) => ({ ...report, problems: ['a link leads to /etc'] });
  }),
  broken('payload-hashes', 'one payload does not hash to its payload_sha256', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', {
      payload_mismatches: 1,
      errors: ['line 7: payload hashes to another value'],
    });
  }),
  broken('sequences-gapless', 'a row sequence skips a number', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', {
      sequence_breaks: 1,
      errors: ['line 9: 12 after 10'],
    });
  }),
  broken('sequences-gapless', 'a connection sequence repeats', (world) => {
    eachArchive(world, 'ws_raw_0_promoted', { connection_sequence_breaks: 1 });
  }),
  broken('sequences-gapless', 'a run breaks between two archives', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      runs: report.runs.map((run) => ({ ...run, sequence_breaks: 1 })),
    });
  }),
  broken(
    'sequences-gapless',
    'a whole archive was never there',
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        archives: report.archives.filter((one) => !one.path.includes('ws_raw_0_promoted')),
      });
    },
    { observation: 70_000 },
  ),
  broken('checkpoints-succeed', 'no checkpoint is answered with a book', (world) => {
    eachArchive(world, 'rest_checkpoints', { good_checkpoints: 0 });
  }),
  broken('counters-exposed', 'the divergence counter is gone', (world) => {
    world.change.metrics = (text) => withoutSeries(text, 'orderbooks_recorder_divergences_total');
  }),
  broken('counters-exposed', 'a counter is no number', (world) => {
    world.change.metrics = (text) =>
      text.replace('orderbooks_recorder_stalls_total 0', 'orderbooks_recorder_stalls_total NaN');
  }),
  broken('counters-exposed', 'the metrics are of another image', (world) => {
    world.change.metrics = (text) => text.replaceAll(/sha256:a+/g, OTHER_DIGEST);
  }),
  broken('counters-exposed', 'the run manifest counts what the metrics do not', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      run_manifests: report.run_manifests.map((run) => ({
        ...run,
        counters: { ...run.counters, reconnects: 5 },
      })),
    });
  }),
  broken('counters-exposed', 'the run manifest is written and no longer counts', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      run_manifests: report.run_manifests.map((run) => ({
        ...run,
        counters: { ...run.counters, data_frames: 0 },
      })),
    });
  }),
  broken('counters-exposed', 'the run manifest lacks a counter', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      run_manifests: report.run_manifests.map((run) => ({ ...run, counters: {} })),
    });
  }),
  broken(
    'connections-recover',
    'a lost connection never comes back',
    (world) => {
      world.change.gaps = (gaps, run) =>
        run === 'promoted' && gaps.some((row) => row.reason === 'connect')
          ? [...gaps, gap('disconnect', Date.parse(gaps[0]?.at ?? '') + 100, 'promoted-1', 5)]
          : gaps;
    },
    { reconnectWithin: 10_000 },
  ),
  broken('connections-recover', 'no connection is open at the end', (world) => {
    world.change.metrics = (text) => text.replace('connections_open 1', 'connections_open 0');
  }),
  broken('prior-archive-unchanged', 'the restart changes the bytes of an archive', (world) => {
    world.change.inspect = (report) =>
      world.restarted
        ? changed(report, 'ws_raw_0_promoted', { sha256: 'd'.repeat(64), bytes: 1 })
        : report;
    // Otherwise the changed archive is also what the upload is compared with.
    world.change.uploadManifest = (manifest) => ({
      ...manifest,
      files: manifest.files.filter((file) => !file.path.includes('ws_raw_0_promoted')),
    });
  }),
  broken('prior-archive-unchanged', 'the restart removes an archive', (world) => {
    world.change.inspect = (report, { paths = [] }) => ({
      ...report,
      archives: report.archives.filter(
        (one) => !world.restarted || !one.path.includes('ws_raw_0_promoted'),
      ),
      // As the inspector says it of a path that was asked for.
      problems: paths
        .filter((path) => path.includes('ws_raw_0_promoted'))
        .map((path) => `${path}: is not there`),
    });
  }),
  broken(
    'prior-archive-unchanged',
    'the archive before the rollout is cut off',
    (world) => {
      eachArchive(world, 'ws_raw_2_earlier', { complete: false });
    },
    { restart: 'observe' },
  ),
  broken('restart-writes', 'the replacement records no data', (world) => {
    eachArchive(world, '_replacement', { data_frames: 0 });
  }),
  broken('upload-verified', 'the one-off upload ran another image', (world) => {
    world.change.upload = (outcome) => ({ ...outcome, imageDigest: OTHER_DIGEST });
  }),
  broken('upload-verified', 'the one-off upload fails', (world) => {
    world.change.upload = (outcome) => ({ ...outcome, succeeded: false, exitCode: 1 });
  }),
  broken('upload-verified', 'it uploads only what the recorder did not record', (world) => {
    world.change.uploadManifest = (manifest) => ({
      ...manifest,
      files: manifest.files.filter((file) => !file.path.includes('/ws_raw/')),
    });
  }),
  broken('upload-verified', 'its minimum age is not 0', (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, minimum_age_ms: 600_000 });
  }),
  broken('upload-verified', 'its status is not UPLOAD_VERIFIED', (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, status: 'NOTHING_TO_UPLOAD' });
  }),
  broken('remote-holds-upload', 'nothing arrived although the uploader says so', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      ...(report.remote === undefined
        ? {}
        : {
            remote: report.remote.map((entry) => ({
              ...entry,
              observed_sha256: null,
              error: 'no such object',
            })),
          }),
    });
  }),
  broken('remote-holds-upload', 'other bytes arrived', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      ...(report.remote === undefined
        ? {}
        : {
            remote: report.remote.map((entry, index) =>
              index === 0 ? { ...entry, observed_sha256: 'e'.repeat(64) } : entry,
            ),
          }),
    });
  }),
  broken('collector-unchanged', 'the collector is not ready afterwards', (world) => {
    world.change.collector = () => collector({ readyReplicas: world.restarted ? 0 : 1 });
  }),
  broken('collector-unchanged', 'the collector vanishes', (world) => {
    world.change.collector = () => (world.restarted ? null : collector());
  }),
  broken('collector-unchanged', 'a collector appears', (world) => {
    world.change.collector = () => (world.restarted ? collector() : null);
  }),
  broken('collector-unchanged', 'the collector gets another image', (world) => {
    world.change.collector = () => collector(world.restarted ? { image: 'other' } : {});
  }),
  broken('collector-unchanged', 'the collector’s pod is replaced', (world) => {
    world.change.collector = () => collector();
    world.change.collectorPods = () => [
      { ...COLLECTOR_POD, uid: world.restarted ? 'uid-2' : 'uid-1' },
    ];
  }),
];

const COLLECTOR_POD: Pod = {
  namespace: 'orderbooks',
  name: 'collector',
  uid: 'uid-1',
  phase: 'Running',
  ready: true,
  terminating: false,
  image: 'collector',
  imageDigest: OTHER_DIGEST,
  restarts: 0,
  startedAt: '2026-11-20T10:00:00Z',
};

function foreignPod(pod: Pod): Pod {
  return { ...pod, uid: `${pod.uid}-foreign`, name: `${pod.name}-x`, imageDigest: OTHER_DIGEST };
}

/** Changes every archive whose path contains `part`, in every report. */
export function eachArchive(world: World, part: string, by: Partial<ArchiveReport>): void {
  world.change.inspect = (report) => changed(report, part, by);
}

export function changed(
  report: InspectReport,
  part: string,
  by: Partial<ArchiveReport>,
): InspectReport {
  return {
    ...report,
    archives: report.archives.map((one) => (one.path.includes(part) ? { ...one, ...by } : one)),
  };
}

function withoutSeries(text: string, name: string): string {
  return text
    .split('\n')
    .filter((line) => !line.startsWith(`${name} `) && !line.startsWith(`${name}{`))
    .join('\n');
}

/** The recorder itself counts wrongly: metrics and run manifest stand still together. */
function stuckCounters(names: readonly string[], value: number) {
  return {
    metrics: (text: string): string =>
      names.reduce(
        (result, name) =>
          result.replace(new RegExp(`(orderbooks_recorder_${name}_total) \\d+`), `$1 ${value}`),
        text,
      ),
    inspect: (report: InspectReport): InspectReport => ({
      ...report,
      run_manifests: report.run_manifests.map((run) => ({
        ...run,
        counters: {
          ...run.counters,
          ...Object.fromEntries(names.map((name) => [name, value])),
        },
      })),
    }),
  };
}
