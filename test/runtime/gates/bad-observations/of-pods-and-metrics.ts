import { OTHER_DIGEST } from '../world.ts';
import { LONG_AGO, type Variant, variant } from './variant.ts';

export const BAD_PODS_AND_METRICS: readonly Variant[] = [
  variant('pods: absent', ['recorder-on-promoted-digest'], /no pod/, (world) => {
    world.change.pods = () => [];
  }),
  variant('pods: foreign digest', ['recorder-on-promoted-digest'], /instead of sha256/, (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST }));
  }),
  variant(
    'pods: no digest reported',
    ['recorder-on-promoted-digest'],
    /no image digest/,
    (world) => {
      world.change.pods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: null }));
    },
  ),
  variant('pods: never ready', ['recorder-on-promoted-digest'], /not ready/, (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, ready: false }));
  }),
  variant('pods: only terminating', ['recorder-on-promoted-digest'], /terminating/, (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, terminating: true }));
  }),
  variant(
    'Deployment: absent',
    ['recorder-on-promoted-digest'],
    /does the namespace exist/,
    (world) => {
      world.change.deployment = () => null;
    },
  ),
  variant(
    'metrics: empty',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /empty/,
    (world) => {
      world.change.metrics = () => '';
    },
  ),
  variant(
    'metrics: cut off',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /cut off/,
    (world) => {
      world.change.metrics = (text) => text.slice(0, -40);
    },
  ),
  variant(
    'metrics: a page of HTML',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /not Prometheus/,
    (world) => {
      world.change.metrics = () => '<html>502 Bad Gateway</html>\n';
    },
  ),
  variant(
    'metrics: only comments',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /absent|no count of/,
    (world) => {
      world.change.metrics = () => '# nothing here\n';
    },
  ),
  variant(
    'metrics: no token is active',
    ['recorder-receives', 'connections-recover'],
    /active tokens/,
    (world) => {
      world.change.metrics = (text) => text.replace('active_tokens 4', 'active_tokens 0');
    },
  ),
  variant(
    'metrics: stale data frame',
    ['recorder-receives', 'connections-recover'],
    /newest data frame is/,
    (world) => {
      world.change.metrics = (text) =>
        text.replace(
          /(last_data_frame_timestamp_seconds) \S+/,
          `$1 ${Date.parse(LONG_AGO) / 1000}`,
        );
    },
  ),
  variant(
    'metrics: data frame of the future',
    ['recorder-receives', 'connections-recover'],
    /of the future/,
    (world) => {
      world.change.metrics = (text) =>
        text.replace(/(last_data_frame_timestamp_seconds) \S+/, '$1 99999999999');
    },
  ),
  variant(
    'metrics: no data frame ever',
    ['recorder-receives', 'connections-recover'],
    /ever received/,
    (world) => {
      world.change.metrics = (text) =>
        text.replace(/(last_data_frame_timestamp_seconds) \S+/, '$1 0');
    },
  ),
  variant(
    'metrics: no count of data frames at first',
    ['recorder-receives'],
    /did not grow \(absent/,
    (world) => {
      const begun = world.time;
      world.change.metrics = (text) =>
        world.time === begun
          ? text.replace(/^orderbooks_recorder_data_frames_total.*\n/m, '')
          : text;
    },
  ),
  variant(
    'metrics: a counter falls',
    ['counters-exposed', 'recorder-receives'],
    /fell from|did not grow/,
    (world) => {
      let scrape = 0;
      world.change.metrics = (text) =>
        text.replace(/(orderbooks_recorder_data_frames_total) \d+/, () => {
          scrape += 1;
          return `orderbooks_recorder_data_frames_total ${100_000 - scrape}`;
        });
    },
  ),
  variant('metrics: no build info', ['counters-exposed'], /build_info instead of 1/, (world) => {
    world.change.metrics = (text) => text.replace(/^orderbooks_build_info.*\n/m, '');
  }),
];
