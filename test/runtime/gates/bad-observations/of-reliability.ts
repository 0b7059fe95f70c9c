import { PlatformError } from '../../../../runtime/gates/platform-error.ts';
import { eachArchive } from '../broken-worlds.ts';
import { OTHER_DIGEST, World } from '../world.ts';
import { LONG_AGO, type Variant, variants } from './variant.ts';

const variant = variants('ws-reliability', () => new World(), {
  freshness: 15_000,
  reconnectWithin: 20_000,
});
const SCRAPED = ['data-advances', 'checkpoints-continue', 'outages-recover'];
const INSPECTED = ['data-advances', 'window-archives-parse'];
const NEWEST = /(last_data_frame_timestamp_seconds) \S+/;

export const BAD_WINDOWS: readonly Variant[] = [
  variant('pods: absent', ['recorder-on-promoted-digest'], /no pod/, (world) => {
    world.change.pods = () => [];
  }),
  variant('pods: foreign digest', ['recorder-on-promoted-digest'], /instead of sha256/, (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST }));
  }),
  variant('metrics: empty', SCRAPED, /empty|absent/, (world) => {
    world.change.metrics = () => '';
  }),
  variant('metrics: cut off', SCRAPED, /cut|absent/, (world) => {
    world.change.metrics = (text) => text.slice(0, -40);
  }),
  variant('metrics: a page of HTML', SCRAPED, /not Prometheus|absent/, (world) => {
    world.change.metrics = () => '<html>502 Bad Gateway</html>\n';
  }),
  variant('metrics: only comments', SCRAPED, /fewer than two|NaN|absent/, (world) => {
    world.change.metrics = () => '# nothing here\n';
  }),
  variant('metrics: stale data frame', ['outages-recover'], /newest data frame is/, (world) => {
    world.change.metrics = (text) => text.replace(NEWEST, `$1 ${Date.parse(LONG_AGO) / 1000}`);
  }),
  variant('metrics: data frame of the future', ['outages-recover'], /of the future/, (world) => {
    world.change.metrics = (text) => text.replace(NEWEST, '$1 99999999999');
  }),
  variant('metrics: no data frame ever', ['outages-recover'], /ever received/, (world) => {
    world.change.metrics = (text) => text.replace(NEWEST, '$1 0');
  }),
  variant(
    'metrics: no token is active',
    ['data-advances', 'outages-recover'],
    /active/,
    (world) => {
      world.change.metrics = (text) => text.replace('active_tokens 4', 'active_tokens 0');
    },
  ),
  variant(
    'metrics: a scrape without active tokens',
    ['data-advances'],
    /is not always a count/,
    (world) => {
      let scrapes = 0;
      world.change.metrics = (text) => {
        scrapes += 1;
        return scrapes === 5 ? text.replace(/^orderbooks_recorder_active_tokens.*\n/m, '') : text;
      };
    },
  ),
  variant('metrics: checkpoints that are no number', ['checkpoints-continue'], /NaN/, (world) => {
    world.change.metrics = (text) => text.replace(/(result="ok"\}) \d+/, '$1 NaN');
  }),
  variant(
    'metrics: none until the window ended',
    ['checkpoints-continue'],
    /cannot be counted/,
    (world) => {
      const ended = inspectedAtTheEnd(world);
      world.change.metrics = (text) => (ended() ? text : '');
    },
  ),
  variant(
    'metrics: none after the window',
    ['checkpoints-continue'],
    /cannot be counted/,
    (world) => {
      const ended = inspectedAtTheEnd(world);
      world.change.metrics = (text) => (ended() ? '' : text);
    },
  ),
  variant(
    'metrics: checkpoints that stand still',
    ['checkpoints-continue'],
    /^0 checkpoints/,
    (world) => {
      world.change.metrics = (text) => text.replace(/(result="ok"\}) \d+/, '$1 7');
    },
  ),
  variant('metrics: no count of connections', ['outages-recover'], /no count of open/, (world) => {
    world.change.metrics = (text) => text.replace(/.*connections_open.*\n/g, '');
  }),
  variant(
    'metrics: none for most of the window',
    ['outages-recover'],
    /no usable scrape for/,
    (world) => {
      const begun = world.time;
      world.change.metrics = (text) =>
        world.time > begun + 10_000 && world.time < begun + 45_000 ? '' : text;
    },
  ),
  variant('report: stale', INSPECTED, /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: LONG_AGO });
  }),
  variant('report: a time that is none', INSPECTED, /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: 'yesterday' });
  }),
  variant('report: nothing written', INSPECTED, /no ws_raw archive was|no closed/, (world) => {
    world.change.inspect = (report) => ({ ...report, archives: [], runs: [], open: [] });
  }),
  variant('report: archives of other runs', ['window-archives-parse'], /no closed/, (world) =>
    eachArchive(world, '', { run_id: 'another' }),
  ),
  variant('report: archives without rows', ['window-archives-parse'], /with rows/, (world) =>
    eachArchive(world, '', { rows: 0 }),
  ),
  variant('report: archives of another image', ['window-archives-parse'], /written by/, (world) =>
    eachArchive(world, '', { image: OTHER_DIGEST }),
  ),
  variant('report: archives elsewhere', ['window-archives-parse'], /lies outside/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      archives: report.archives.map((one) => ({ ...one, path: `elsewhere/${one.path}` })),
    });
  }),
  variant('report: no run manifests', ['window-archives-parse'], /no closed/, (world) => {
    world.change.inspect = (report) => ({ ...report, run_manifests: [] });
  }),
  variant('inspector: fails', INSPECTED, /inspector Job x failed/, (world) => {
    failFrom(world, 1);
  }),
  variant('inspector: fails at the end', INSPECTED, /inspector Job x failed/, (world) => {
    failFrom(world, 2);
  }),
];

function failFrom(world: World, first: number): void {
  let calls = 0;
  world.before = (call) => {
    if (call !== 'inspect') return;
    calls += 1;
    if (calls >= first) throw new PlatformError('PLATFORM_JOB_FAILED', 'inspector Job x failed');
  };
}

/** Whether the window's second inspection was asked for, behind which the metrics are read once more. */
function inspectedAtTheEnd(world: World): () => boolean {
  let inspections = 0;
  world.before = (call) => {
    if (call === 'inspect') inspections += 1;
  };
  return () => inspections >= 2;
}
