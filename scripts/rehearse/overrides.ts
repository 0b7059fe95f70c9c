import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { formatDuration } from '../../runtime/config/duration.ts';
import { configuration } from '../../runtime/config/schema.ts';
import { policy } from '../../runtime/gates/policy.ts';
import type { KubernetesObject } from '../kargo/step.ts';
import type { PodOverrides } from './cluster/container-command.ts';
import type { LocalOverride } from './cluster/local-overrides.ts';
import type { Feed } from './feed.ts';
import type { Override } from './result.ts';

/** Where the rehearsal keeps what the uploader uploads. */
export interface Remote {
  readonly type: 'rclone' | 'directory';
  readonly target: (stage: string) => string;
}

interface Setting {
  readonly path: string;
  readonly value: string | number;
  readonly why: string;
}

const SHORT = 'a rehearsal has two minutes';
const RECORDER: readonly Setting[] = [
  { path: 'discovery.interval', value: '3s', why: SHORT },
  { path: 'recorder.firstMessageTimeout', value: '5s', why: SHORT },
  { path: 'recorder.silenceTimeout', value: '5s', why: SHORT },
  {
    path: 'recorder.reconnectInitial',
    value: '100ms',
    why: 'the simulator drops connections every few seconds',
  },
  {
    path: 'recorder.reconnectMaximum',
    value: '1s',
    why: 'the simulator drops connections every few seconds',
  },
  { path: 'recorder.checkpointInterval', value: '2s', why: SHORT },
];
const ARCHIVE: readonly Setting[] = [
  {
    path: 'archive.rotateAfter',
    value: '3s',
    why: 'several archives have to close within the observation',
  },
];
const COLLECTOR: readonly Setting[] = [
  { path: 'collector.interval', value: '2s', why: SHORT },
  { path: 'collector.cycleDeadline', value: '10s', why: SHORT },
];
const POLICY: readonly Setting[] = [
  { path: 'observation', value: '8s', why: SHORT },
  { path: 'freshness', value: '4s', why: 'stricter, because the simulator never pauses' },
  {
    path: 'reconnectWithin',
    value: '8s',
    why: 'stricter, because the recorder reconnects within a second, or some where a machine is busy',
  },
  { path: 'readyTimeout', value: '30s', why: SHORT },
  { path: 'dataTimeout', value: '20s', why: SHORT },
  { path: 'inspectTimeout', value: '60s', why: SHORT },
  { path: 'uploadTimeout', value: '60s', why: SHORT },
  { path: 'comparison.window', value: '8s', why: SHORT },
  {
    path: 'comparison.span',
    value: '500ms',
    why: 'the simulator drops connections every few seconds',
  },
  {
    path: 'comparison.settle',
    value: '500ms',
    why: 'the simulator drops connections every few seconds',
  },
  {
    path: 'comparison.metrics.cpu.absolute',
    value: 1,
    why: 'the canary has just started, and all share one machine',
  },
  {
    path: 'comparison.metrics.latency.absolute',
    value: 2000,
    why: 'the canary has just started, and all share one machine',
  },
  { path: 'deadline', value: '240s', why: 'a busy machine may take this long' },
];
const SETTINGS: Readonly<Record<string, readonly Setting[]>> = {
  'ws-recorder': [...RECORDER, ...ARCHIVE],
  collector: [...COLLECTOR, ...ARCHIVE],
};
/** Probes run this much more often than the manifests say, and may fail as long. */
export const PROBE_SCALE = 0.1;
/** First pause before a crashed container starts again, milliseconds. */
export const RESTART_BACKOFF_MS = 500;
/** Kargo asks a waiting step again after this many milliseconds. */
export const POLL_INTERVAL_MS = 200;

/** What the rehearsal changes for one pod. */
export function podOverrides(
  pod: KubernetesObject,
  feed: Feed,
  remote: Remote,
  stageOf: (namespace: string) => string,
): PodOverrides {
  const component = pod.metadata.labels?.['app.kubernetes.io/component'];
  const stage = stageOf(pod.metadata.namespace ?? '');
  if (component === 'verifier') return { policy: nested(POLICY) };
  const uploader = { remote: { type: remote.type, target: remote.target(stage) } };
  const settings = SETTINGS[component ?? ''];
  if (settings !== undefined) return { configuration: { feed: feed.urls, ...nested(settings) } };
  return { configuration: { uploader } };
}

/** The same, for people: every difference from the manifests in `tree`, with the values that the manifests have. */
export function describeOverrides(
  tree: string,
  feed: Feed,
  remote: Remote,
  cluster: readonly LocalOverride[],
): readonly Override[] {
  const config = configuration.parse(
    parse(readFileSync(join(tree, 'gitops/overlays/full/config.yaml'), 'utf8')),
  );
  const gate = policy.parse(parse(readFileSync(join(tree, 'kargo/policy-canary.yaml'), 'utf8')));
  const described = (kind: string, values: unknown, settings: readonly Setting[]) =>
    settings.map(({ path, value, why }) => ({
      what: `${kind}: ${path}`,
      manifest: shown(at(values, path)),
      rehearsal: String(value),
      why,
    }));
  return [
    ...Object.entries(feed.urls).map(([name, url]) => ({
      what: `configuration: feed.${name}`,
      manifest: shown(at(config, `feed.${name}`)),
      rehearsal: url,
      why: 'the simulator plays Polymarket',
    })),
    ...described('configuration', config, [...RECORDER, ...COLLECTOR, ...ARCHIVE]),
    {
      what: 'configuration: uploader.remote',
      manifest:
        config.uploader === undefined
          ? 'none'
          : `${config.uploader.remote.type} ${config.uploader.remote.target}`,
      rehearsal: `${remote.type} ${remote.target('full')}`,
      why:
        remote.type === 'rclone'
          ? 'rclone uploads to a folder of this machine'
          : 'rclone is not installed: archives are copied to a folder of this machine instead',
    },
    ...described('gate policy', gate, POLICY),
    ...cluster.map(({ what, manifest, here, because }) => ({
      what,
      manifest,
      rehearsal: here,
      why: because,
    })),
    {
      what: 'pause between looks at a waiting promotion step',
      manifest: '10s or more',
      rehearsal: `${POLL_INTERVAL_MS}ms`,
      why: SHORT,
    },
    {
      what: 'repository',
      manifest: 'the URL of settings/settings.env',
      rehearsal: 'a bare repository in a temporary folder, found behind that URL',
      why: 'no forge is needed',
    },
    {
      what: 'image',
      manifest: 'built from the Dockerfile',
      rehearsal: 'runtime/ of the commit, run by this Node; its digest is a hash of both',
      why: 'no registry is needed',
    },
  ];
}

function nested(settings: readonly Setting[]): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const { path, value } of settings) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let place = result;
    for (const key of keys) {
      place[key] ??= {};
      place = place[key] as Record<string, unknown>;
    }
    place[last] = value;
  }
  return result;
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

/** Durations are milliseconds once parsed. */
function shown(value: unknown): string {
  return typeof value === 'number' ? formatDuration(value) : String(value ?? 'none');
}
