import { type BrokenWorld, brokenWorlds } from './broken-world.ts';
import { changed, eachArchive } from './broken-worlds.ts';
import { OTHER_DIGEST, World } from './world.ts';

const broken = brokenWorlds('collector-smoke', () => new World({ collector: true }));

/** Defects around a collector, each for one check of collector-smoke. */
export const BROKEN_COLLECTOR_WORLDS: readonly BrokenWorld[] = [
  broken('collector-on-promoted-digest', 'its container restarted once', (world) => {
    world.change.collectorPods = (pods) => pods.map((pod) => ({ ...pod, restarts: 1 }));
  }),
  broken('collector-on-promoted-digest', 'two replicas are wanted', (world) => {
    world.change.collector = (workload) => workload && { ...workload, desiredReplicas: 2 };
  }),
  broken('collector-on-promoted-digest', 'it is rolled back during the run', (world) => {
    world.change.collectorPods = (pods) =>
      world.uploaded ? pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST })) : pods;
  }),
  broken('cycle-passes', 'the latest cycle failed', (world) => {
    cyclesBefore(world, { gate_status: 'FAIL', reason: 'no row was written' });
  }),
  broken('cycle-passes', 'the latest cycle wrote no row', (world) => {
    cyclesBefore(world, { rows_written: 0 });
  }),
  broken('cycle-passes', 'the latest cycle has a failure', (world) => {
    cyclesBefore(world, { failure_count: 1, failures: ['discovery: 503'] });
  }),
  broken('cycle-passes', 'the latest cycle is old', (world) => {
    cyclesBefore(world, { finished_at: '2026-11-21T09:00:00.000Z' });
  }),
  broken('cycle-passes', 'the latest cycle ended in the future', (world) => {
    cyclesBefore(world, { finished_at: '2027-11-21T09:00:00.000Z' });
  }),
  broken('cycle-passes', 'the latest cycle has no end', (world) => {
    cyclesBefore(world, { finished_at: null });
  }),
  broken('cycle-passes', 'another image wrote the latest cycle', (world) => {
    cyclesBefore(world, { image: `registry.example.com/data/orderbooks@${OTHER_DIGEST}` });
  }),
  broken(
    'cycle-passes',
    'another pod wrote the latest cycle',
    (world) => cyclesBefore(world, { pod: 'another' }),
    { dataTimeout: 31_000 },
  ),
  broken('snapshots-parse', 'an archive is cut off', (world) => {
    eachArchive(world, 'rest_snapshots_0_collected', { complete: false, errors: ['cut off'] });
  }),
  broken('snapshots-parse', 'an archive is not the one of its manifest', (world) => {
    eachArchive(world, 'rest_snapshots_0_collected', { manifest: 'mismatch' });
  }),
  broken('snapshots-parse', 'an archive was written by another image', (world) => {
    eachArchive(world, 'rest_snapshots_0_collected', { image: OTHER_DIGEST });
  }),
  broken('snapshots-parse', 'a payload does not hash', (world) => {
    eachArchive(world, 'rest_snapshots_0_collected', { payload_mismatches: 1, errors: ['x'] });
  }),
  broken('snapshots-parse', 'a sequence skips a number', (world) => {
    eachArchive(world, 'rest_snapshots_0_collected', { sequence_breaks: 1, errors: ['x'] });
  }),
  broken('snapshots-parse', 'a link leads out of the raw folder', (world) => {
    world.change.inspect = (report) => ({ ...report, problems: ['a link leads to /etc'] });
  }),
  broken('snapshots-survive-restart', 'the restart changes the bytes of an archive', (world) => {
    world.change.inspect = (report) =>
      world.collectorRestarted
        ? changed(report, 'rest_snapshots_0_collected', { sha256: 'd'.repeat(64), bytes: 1 })
        : report;
  }),
  broken('snapshots-survive-restart', 'the restart removes an archive', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      archives: report.archives.filter(
        (one) => !world.collectorRestarted || !one.path.includes('rest_snapshots_0_collected'),
      ),
    });
  }),
  broken('cycle-after-restart', 'the cycles of the replacement fail', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      cycle_manifests: report.cycle_manifests.map((cycle) =>
        cycle.run_id === 'later' ? { ...cycle, gate_status: 'FAIL' } : cycle,
      ),
    });
  }),
  broken(
    'cycle-after-restart',
    'the replacement takes no snapshot',
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        cycle_manifests: report.cycle_manifests.filter((cycle) => cycle.run_id !== 'later'),
      });
    },
    { dataTimeout: 31_000 },
  ),
  broken('cycle-after-restart', 'no row of the replacement holds a book', (world) => {
    eachArchive(world, '_later', { good_checkpoints: 0 });
  }),
  broken('snapshots-uploaded', 'the upload passes over the snapshots', (world) => {
    world.change.uploadManifest = (manifest) => ({
      ...manifest,
      files: manifest.files.filter((file) => !file.path.includes('rest_snapshots')),
    });
  }),
  broken('snapshots-uploaded', 'the upload ran another image', (world) => {
    world.change.upload = (outcome) => ({ ...outcome, imageDigest: OTHER_DIGEST });
  }),
  broken('snapshots-uploaded', 'the remote holds other bytes', (world) => {
    world.change.inspect = (report) => ({
      ...report,
      ...(report.remote === undefined
        ? {}
        : {
            remote: report.remote.map((one) => ({ ...one, observed_sha256: 'e'.repeat(64) })),
          }),
    });
  }),
  broken('snapshots-uploaded', 'only files that were not there are uploaded', (world) => {
    world.change.uploadManifest = (manifest) => ({
      ...manifest,
      files: manifest.files.map((file) => ({ ...file, bytes: file.bytes + 1 })),
    });
  }),
];

/** Changes the newest ended cycle of what is inspected before the restart. */
function cyclesBefore(world: World, by: object): void {
  world.change.inspect = (report) => {
    if (world.collectorRestarted) return report;
    const latest = report.cycle_manifests.findLast((cycle) => cycle.state !== 'running');
    return {
      ...report,
      cycle_manifests: report.cycle_manifests.map((cycle) =>
        cycle === latest ? { ...cycle, ...by } : cycle,
      ),
    };
  };
}
