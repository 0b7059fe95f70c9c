import { PlatformError } from '../../../../runtime/gates/platform-error.ts';
import { eachArchive } from '../broken-worlds.ts';
import { gap } from '../world.ts';
import { LONG_AGO, type Variant, variant } from './variant.ts';

/** Of open archives: what is no writing of frames. */
const NOT_WRITTEN: readonly (readonly [
  string,
  (path: string) => { readonly path?: string; readonly bytes?: number },
])[] = [
  [
    'but to that of the checkpoints',
    (path) => ({ path: path.replaceAll('ws_raw', 'rest_checkpoints') }),
  ],
  ['the open one being empty', () => ({ bytes: 0 })],
];

export const BAD_REPORTS: readonly Variant[] = [
  variant('report: stale', [...archiveChecks(), 'restart-writes'], /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: LONG_AGO });
  }),
  variant('report: a time that is none', [...archiveChecks()], /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: 'yesterday' });
  }),
  variant(
    'report: no archives',
    [
      'archives-parse',
      'payload-hashes',
      'sequences-gapless',
      'checkpoints-succeed',
      'restart-writes',
      'recorder-receives',
    ],
    /no closed|no payload|no row|no checkpoint|no complete|no data frame/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, archives: [], runs: [] });
    },
  ),
  variant(
    'report: no run manifests',
    ['archives-parse', 'counters-exposed', 'restart-writes'],
    /no run manifest/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, run_manifests: [] });
    },
  ),
  variant(
    'report: run manifests of other pods',
    ['archives-parse', 'counters-exposed', 'restart-writes'],
    /no run manifest/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        run_manifests: report.run_manifests.map((run) => ({ ...run, pod: 'another' })),
      });
    },
  ),
  variant(
    'report: run manifest of a collector',
    ['archives-parse', 'counters-exposed'],
    /no run manifest/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        run_manifests: report.run_manifests.map((run) => ({
          ...run,
          component: 'collector' as const,
        })),
      });
    },
  ),
  variant('report: stale run manifest', ['counters-exposed'], /stale/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      run_manifests: report.run_manifests.map((run) => ({ ...run, updated_at: LONG_AGO })),
    });
  }),
  variant(
    'report: archives of other runs',
    ['archives-parse', 'payload-hashes'],
    /no closed|no payload/,
    (world) => {
      eachArchive(world, '', { run_id: 'another' });
    },
  ),
  variant(
    'report: archives without rows',
    ['archives-parse', 'sequences-gapless'],
    /with rows|has 0 rows/,
    (world) => {
      eachArchive(world, '', { rows: 0 });
    },
  ),
  variant('report: archives of an unnamed image', ['archives-parse'], /unnamed image/, (world) => {
    eachArchive(world, '', { image: '' });
  }),
  variant('report: archives elsewhere', ['archives-parse'], /lies outside/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      archives: report.archives.map((one) => ({ ...one, path: `elsewhere/${one.path}` })),
    });
  }),
  ...(['first_sequence', 'last_sequence'] as const).map((number) =>
    variant(
      `report: archives with rows and no ${number}`,
      ['sequences-gapless'],
      /rows without a number/,
      (world) => {
        eachArchive(world, '', { [number]: null });
      },
    ),
  ),
  variant('report: run manifest of the future', ['counters-exposed'], /of the future/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      run_manifests: report.run_manifests.map((run) => ({
        ...run,
        updated_at: '2026-11-22T10:00:00.000Z',
      })),
    });
  }),
  variant(
    'report: runs not joined',
    ['sequences-gapless'],
    /did not join run promoted ws_raw/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, runs: [] });
    },
  ),
  variant(
    'report: too few good checkpoints',
    ['checkpoints-succeed'],
    /checkpoints failed/,
    (world) => {
      eachArchive(world, 'rest_checkpoints', { good_checkpoints: 1 });
    },
  ),
  variant(
    'report: never written to',
    ['recorder-receives'],
    /no ws_raw archive, open or closed/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        open: [],
        archives: report.archives.map((one) => ({ ...one, last_received_at: null })),
      });
    },
  ),
  ...NOT_WRITTEN.map(([what, open]) =>
    variant(
      `report: nothing written for long, ${what}`,
      ['recorder-receives'],
      /newest ws_raw write was/,
      (world) => {
        world.change.inspect = (report) => ({
          ...report,
          open: report.open.map((one) => ({ ...one, ...open(one.path) })),
          archives: report.archives.map((one) => ({ ...one, last_received_at: LONG_AGO })),
        });
      },
    ),
  ),
  variant(
    'report: only rows of lost connections',
    ['connections-recover'],
    /never subscribed/,
    (world) => {
      eachArchive(world, '', { gaps: [gap('refused', world.time - 1000, 'a', 1)] });
    },
  ),
  variant('report: no connect row', ['connections-recover'], /never subscribed/, (world) => {
    eachArchive(world, '', { gaps: [] });
  }),
  variant(
    'report: a connection that came back too late',
    ['connections-recover'],
    /only after 90\.0 s/,
    (world) => {
      const lost = world.time + 1000;
      eachArchive(world, 'ws_raw_0_promoted', {
        gaps: [
          gap('connect', lost - 500, 'a', 1),
          gap('stall', lost, 'a', 2),
          gap('disconnect', lost + 1, 'a', 3),
          gap('refused', lost + 100, 'b', 4),
          gap('connect', lost + 90_000, 'c', 5),
        ],
      });
    },
  ),
  variant('inspector: fails', archiveChecks(), /inspector Job x failed/, (world) => {
    world.before = (call) => {
      if (call === 'inspect')
        throw new PlatformError('PLATFORM_JOB_FAILED', 'inspector Job x failed');
    };
  }),
];

function archiveChecks(): string[] {
  return [
    'archives-parse',
    'payload-hashes',
    'sequences-gapless',
    'checkpoints-succeed',
    'recorder-receives',
    'connections-recover',
    'counters-exposed',
    'prior-archive-unchanged',
  ];
}
