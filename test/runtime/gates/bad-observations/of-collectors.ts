import type { CycleManifest } from '../../../../runtime/archive/manifest.ts';
import { PlatformError } from '../../../../runtime/gates/platform-error.ts';
import { eachArchive } from '../broken-worlds.ts';
import { OTHER_DIGEST, World } from '../world.ts';
import { LONG_AGO, type Variant, variants } from './variant.ts';

/** Long enough for a cycle, too short to wait for what never comes. */
const SHORT = { dataTimeout: 31_000 };
const variant = variants('collector-smoke', () => new World({ collector: true }), SHORT);

/** What collector-smoke sees of pods, cycles, archives and its restart; its uploads stand in a table of their own. */
export const BAD_COLLECTORS: readonly Variant[] = [
  variant('pods: absent', ['collector-on-promoted-digest'], /no pod/, (world) => {
    world.change.collectorPods = () => [];
  }),
  variant(
    'pods: foreign digest',
    ['collector-on-promoted-digest'],
    /instead of sha256/,
    (world) => {
      world.change.collectorPods = (pods) =>
        pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST }));
    },
  ),
  variant('pods: no digest', ['collector-on-promoted-digest'], /no image digest/, (world) => {
    world.change.collectorPods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: null }));
  }),
  variant('pods: never ready', ['collector-on-promoted-digest'], /not ready/, (world) => {
    world.change.collectorPods = (pods) => pods.map((pod) => ({ ...pod, ready: false }));
  }),
  variant('pods: only terminating', ['collector-on-promoted-digest'], /terminating/, (world) => {
    world.change.collectorPods = (pods) => pods.map((pod) => ({ ...pod, terminating: true }));
  }),
  variant(
    'Deployment: cannot be read',
    ['collector-on-promoted-digest'],
    /may not get/,
    (world) => {
      world.change.collector = () => {
        throw new PlatformError('PLATFORM_FORBIDDEN', 'may not get deployments');
      };
    },
  ),
  variant('report: stale', inspected(), /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: LONG_AGO });
  }),
  variant('report: a time that is none', inspected(), /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: 'yesterday' });
  }),
  variant('inspector: fails', inspected(), /inspector Job x failed/, (world) => {
    world.before = (call) => {
      if (call === 'inspect') {
        throw new PlatformError('PLATFORM_JOB_FAILED', 'inspector Job x failed');
      }
    };
  }),
  variant('cycles: absent', ['cycle-passes', 'cycle-after-restart'], /no cycle/, (world) => {
    world.change.inspect = (report) => ({ ...report, cycle_manifests: [] });
  }),
  variant('cycles: none that ended', ['cycle-passes', 'cycle-after-restart'], /ended/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      cycle_manifests: report.cycle_manifests.filter(({ state }) => state === 'running'),
    });
  }),
  variant(
    'cycles: of other pods',
    ['cycle-passes', 'cycle-after-restart'],
    /written by pod another|no cycle of pod/,
    (world) => eachCycle(world, () => ({ pod: 'another' })),
  ),
  variant('cycles: stale', ['cycle-passes'], /not within 5m/, (world) =>
    eachCycle(world, ({ finished_at }) => (finished_at === null ? {} : { finished_at: LONG_AGO })),
  ),
  variant('cycles: a time that is none', ['cycle-passes'], /ended at yesterday/, (world) =>
    eachCycle(world, () => ({ finished_at: 'yesterday' })),
  ),
  variant(
    'cycles: interrupted, whatever their gate_status says',
    ['cycle-passes', 'cycle-after-restart'],
    /is interrupted/,
    (world) =>
      eachCycle(world, ({ state }) => (state === 'completed' ? { state: 'interrupted' } : {})),
  ),
  variant(
    'cycles: rows that are no number',
    ['cycle-passes', 'cycle-after-restart'],
    /NaN rows/,
    (world) => eachCycle(world, () => ({ rows_written: Number.NaN })),
  ),
  variant(
    'archives: absent',
    ['snapshots-parse', 'snapshots-survive-restart', 'cycle-after-restart', 'snapshots-uploaded'],
    /no closed|left no|no complete|no verified file/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, archives: [], runs: [] });
    },
  ),
  variant(
    'archives: of other runs',
    ['snapshots-parse', 'snapshots-survive-restart', 'cycle-after-restart'],
    /no closed|left no|no complete/,
    (world) => eachArchive(world, '', { run_id: 'another' }),
  ),
  variant('archives: without rows', ['snapshots-parse'], /with rows/, (world) =>
    eachArchive(world, '', { rows: 0 }),
  ),
  variant('archives: of an unnamed image', ['snapshots-parse'], /unnamed image/, (world) =>
    eachArchive(world, '', { image: '' }),
  ),
  variant('archives: cut off', ['snapshots-parse', 'cycle-after-restart'], /complete/, (world) =>
    eachArchive(world, 'rest_snapshots', { complete: false, errors: ['cut off'] }),
  ),
  variant('archives: no manifests', ['snapshots-parse'], /manifest missing/, (world) =>
    eachArchive(world, 'rest_snapshots', { manifest: 'missing' }),
  ),
  variant('archives: a connection skips', ['snapshots-parse'], /connection sequence/, (world) =>
    eachArchive(world, 'rest_snapshots', { connection_sequence_breaks: 1 }),
  ),
  variant('archives: elsewhere', ['snapshots-parse'], /lies outside/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      archives: report.archives.map((one) => ({ ...one, path: `elsewhere/${one.path}` })),
    });
  }),
  variant(
    'run manifests: absent',
    ['snapshots-parse', 'snapshots-survive-restart', 'cycle-after-restart'],
    /no run manifest|left no|no complete/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, run_manifests: [] });
    },
  ),
  variant(
    'run manifests: of a recorder',
    ['snapshots-parse', 'snapshots-survive-restart', 'cycle-after-restart'],
    /no run manifest|left no|no complete/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        run_manifests: report.run_manifests.map((run) => ({
          ...run,
          component: 'ws-recorder' as const,
        })),
      });
    },
  ),
  variant('restart: the replacement never comes', restarted(), /in place of/, (world) => {
    world.change.collectorPods = (pods) => (world.collectorRestarted ? [] : pods);
  }),
  variant('restart: another release comes back', restarted(), /in place of/, (world) => {
    world.change.collectorPods = (pods) =>
      world.collectorRestarted ? pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST })) : pods;
  }),
  variant('restart: the pod stays the same', restarted(), /in place of/, (world) => {
    world.change.collectorPods = (pods) => pods.map((pod) => ({ ...pod, uid: 'same' }));
  }),
  variant('restart: not permitted', restarted(), /may not delete pods/, (world) => {
    world.before = (call) => {
      if (call === 'deletePod') {
        throw new PlatformError('PLATFORM_FORBIDDEN', 'may not delete pods');
      }
    };
  }),
  variant(
    'restart: nothing closed before, nothing closed by it',
    ['snapshots-survive-restart'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        archives: report.archives.filter((one) => one.run_id !== 'collected'),
      });
    },
  ),
  variant(
    'restart: the first archive was not closed properly',
    ['snapshots-survive-restart'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        archives: report.archives.flatMap((one) =>
          one.run_id !== 'collected'
            ? [one]
            : world.collectorRestarted
              ? [{ ...one, close_reason: 'salvaged' as const }]
              : [],
        ),
      });
    },
  ),
  variant(
    'after the restart: no archive of the replacement',
    ['cycle-after-restart'],
    /no complete rest_snapshots/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        archives: report.archives.filter((one) => one.run_id !== 'later'),
      });
    },
  ),
];

/** `snapshots-uploaded`, with everything around the one-off upload and what the remote holds. */
export const BAD_SNAPSHOT_UPLOADS: readonly Variant[] = [
  uploads('Job: fails', /failed \(exit code 1\)/, (world) => {
    world.change.upload = (outcome) => ({ ...outcome, succeeded: false, exitCode: 1 });
  }),
  uploads('Job: suspended CronJob', /suspended/, (world) => {
    world.before = (call) => {
      if (call === 'upload') throw new PlatformError('PLATFORM_SUSPENDED', 'CronJob is suspended');
    };
  }),
  uploads('manifest: absent', /no upload manifest/, (world) => {
    world.change.inspect = (report) => ({ ...report, upload_manifests: [] });
  }),
  uploads('manifest: of another Job', /no upload manifest/, (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, pod: 'orderbooks-uploader-28-a' });
  }),
  uploads('manifest: of another image', /manifest was written by/, (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, image: OTHER_DIGEST });
  }),
  uploads('manifest: no files', /no verified file/, (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, files: [] });
  }),
  uploads('manifest: gate_status FAIL', /gate_status FAIL/, (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, gate_status: 'FAIL' });
  }),
  uploads('manifest: a file not verified', /not verified/, (world) => {
    world.change.uploadManifest = (manifest) => ({
      ...manifest,
      files: manifest.files.map((file, index) =>
        index === 0 ? { ...file, verified: false } : file,
      ),
    });
  }),
  uploads('remote: not read back', /read nothing back/, (world) => {
    world.change.inspect = ({ remote: _remote, ...report }) => report;
  }),
  uploads('remote: of a scheduled upload', /upload scheduled was read back/, (world) => {
    world.change.inspect = (report) =>
      report.remote === undefined ? report : { ...report, remote_upload_id: 'scheduled' };
  }),
  uploads('remote: without the snapshots', /was not read back/, (world) => {
    world.change.inspect = (report) =>
      report.remote === undefined
        ? report
        : {
            ...report,
            remote: report.remote.filter(({ path }) => !path.includes('rest_snapshots')),
          };
  }),
];

function uploads(observation: string, saying: RegExp, breakIt: (world: World) => void): Variant {
  return variant(`upload ${observation}`, ['snapshots-uploaded'], saying, breakIt);
}

function eachCycle(world: World, by: (cycle: CycleManifest) => Partial<CycleManifest>): void {
  world.change.inspect = (report) => ({
    ...report,
    cycle_manifests: report.cycle_manifests.map((cycle) => ({ ...cycle, ...by(cycle) })),
  });
}

function inspected(): string[] {
  return ['cycle-passes', 'snapshots-parse', 'snapshots-survive-restart', 'snapshots-uploaded'];
}

function restarted(): string[] {
  return ['snapshots-survive-restart', 'cycle-after-restart'];
}
