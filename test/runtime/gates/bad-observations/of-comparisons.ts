import { PlatformError } from '../../../../runtime/gates/platform-error.ts';
import { SUBJECT, World } from '../world.ts';
import { LONG_AGO, type Variant, variants } from './variant.ts';

const variant = variants('canary-comparison', () => new World(), {});
const ALL = ['comparison-events', 'comparison-latency', 'comparison-resources'];
const PRODUCTION = SUBJECT.productionNamespace;

export const BAD_COMPARISONS: readonly Variant[] = [
  variant('pods: absent', ['recorder-on-promoted-digest'], /no pod/, (world) => {
    world.change.pods = () => [];
  }),
  variant('production: its Deployment has no pod', ALL, /no running pod/, (world) => {
    world.change.pods = (pods) => pods.filter(({ namespace }) => namespace !== PRODUCTION);
  }),
  variant('production: cannot be read', ALL, /may not get deployments/, (world) => {
    let looks = 0;
    world.change.deployment = (workload) => {
      looks += 1;
      if (looks > 1) throw new PlatformError('PLATFORM_FORBIDDEN', 'may not get deployments');
      return workload;
    };
  }),
  variant('summary: none', ALL, /inspector Job x failed/, (world) => {
    world.before = (call) => {
      if (call === 'summarise') {
        throw new PlatformError('PLATFORM_JOB_FAILED', 'inspector Job x failed');
      }
    };
  }),
  variant('summary: stale', ALL, /expected a summary of/, (world) => {
    world.change.summary = (summary) => ({ ...summary, summarised_at: LONG_AGO });
  }),
  variant('summary: of another window', ALL, /expected a summary of/, (world) => {
    world.change.summary = (summary) => ({ ...summary, until: LONG_AGO });
  }),
  variant('summary: no markets', ['comparison-events'], /could be compared/, (world) => {
    world.change.summary = (summary) => ({ ...summary, markets: [] });
  }),
  variant('summary: nothing covered', ['comparison-events'], /could be compared/, (world) => {
    world.change.summary = (summary) => ({ ...summary, covered: [] });
  }),
  variant(
    'summary: production recorded nothing',
    ['comparison-events'],
    /could be compared/,
    (world) => {
      world.change.summary = (summary, namespace) =>
        namespace === PRODUCTION ? { ...summary, markets: [], covered: [] } : summary;
    },
  ),
  variant(
    'summary: events of different kinds only',
    ['comparison-events'],
    /recorded by both/,
    (world) => {
      world.change.summary = (summary, namespace) => ({
        ...summary,
        markets: summary.markets.map((one) => ({
          ...one,
          buckets: one.buckets
            .filter(({ type }) => type === 'price_change' && namespace === PRODUCTION)
            .map((bucket) => ({ ...bucket, type: 'best_bid_ask' })),
        })),
      });
    },
  ),
  variant('summary: no latencies of the canary', ['comparison-latency'], / 0 values/, (world) => {
    world.change.summary = (summary, namespace) =>
      namespace === PRODUCTION ? summary : { ...summary, latency_ms: [] };
  }),
  variant(
    'summary: no latencies of production',
    ['comparison-latency'],
    / 0 of production/,
    (world) => {
      world.change.summary = (summary, namespace) =>
        namespace === PRODUCTION ? { ...summary, latency_ms: [] } : summary;
    },
  ),
  ...[
    ['empty', () => ''],
    ['cut off', (text: string) => text.slice(0, -40)],
    ['a page of HTML', () => '<html>502 Bad Gateway</html>\n'],
    ['only comments', () => '# nothing here\n'],
  ].flatMap(([what, broken]) =>
    [PRODUCTION, SUBJECT.namespace].map((where) =>
      variant(
        `metrics of ${where}: ${what}`,
        ['comparison-resources'],
        /\b0 (values|of)/,
        (world) => {
          world.change.metrics = (text, namespace) =>
            namespace === where ? (broken as (text: string) => string)(text) : text;
        },
      ),
    ),
  ),
];
