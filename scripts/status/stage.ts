import { latestEvidenceName } from '../../runtime/gates/evidence-store.ts';
import type { Metrics } from '../../runtime/gates/metrics.ts';
import { CANARY_NAMESPACE, PRODUCTION_NAMESPACE } from '../settings/names.ts';
import { absent, known, map, type Reading, unknown } from './reading.ts';
import type { Sources, WorkloadSources } from './sources.ts';
import type { FreightReference, PodObject, StageObject } from './stage-objects.ts';

export interface StagePlace {
  readonly stage: string;
  readonly namespace: string;
  readonly application: string;
}

export const STAGES: readonly StagePlace[] = [
  { stage: 'canary', namespace: CANARY_NAMESPACE, application: 'orderbooks-canary' },
  { stage: 'full', namespace: PRODUCTION_NAMESPACE, application: 'orderbooks-full' },
];

/** One line of a stage: what it says, and whether somebody should look. */
export interface Fact {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

export interface StageStatus {
  readonly stage: string;
  readonly namespace: string;
  readonly freight: Reading<{
    readonly name: string;
    readonly alias: string | null;
    readonly commit: string | null;
    readonly digest: string | null;
  }>;
  readonly promotion: Reading<{
    readonly name: string;
    readonly phase: string;
    readonly message: string;
    readonly running: boolean;
  }>;
  readonly health: Reading<{ readonly status: string; readonly issues: readonly string[] }>;
  readonly verification: Reading<{ readonly phase: string; readonly message: string }>;
  /** The latest verdict of the gates for what the Stage runs. */
  readonly evidence: Reading<{ readonly verdict: string; readonly ageSeconds: number | null }>;
  readonly application: Reading<{ readonly sync: string; readonly health: string }>;
  readonly recorder: Reading<{
    readonly pod: string;
    readonly ready: boolean;
    readonly restarts: number;
    readonly waiting: string | null;
    /** Of the image that runs. */
    readonly digest: string | null;
  }>;
  readonly archive: Reading<{
    readonly newestFrameSeconds: number | null;
    readonly activeTokens: number | null;
    readonly connectionsOpen: number | null;
    readonly closedArchives: number;
    /** Streams whose rows the disk refuses now. */
    readonly trouble: number;
  }>;
  readonly upload: Reading<{
    readonly lastSuccessSeconds: number | null;
    readonly suspended: boolean;
  }>;
  readonly disk: Reading<{ readonly freeBytes: number; readonly capacityBytes: number }>;
}

/** What is known of a Stage at `now`. */
export function stageStatus(place: StagePlace, sources: Sources, now: Date): StageStatus {
  const stage = map(sources.stages, (all) => {
    const found = all.find(({ metadata }) => metadata.name === place.stage);
    return found === undefined ? absent<StageObject>(`no Stage ${place.stage}`) : known(found);
  });
  const current = map(stage, currentFreight);
  const workload = sources.workloads[place.namespace];
  const missing = absent<never>('not looked at');
  return {
    stage: place.stage,
    namespace: place.namespace,
    freight: map(current, (reference) => freight(reference, sources)),
    promotion: map(stage, promotion),
    health: map(stage, health),
    verification: map(stage, verification),
    evidence: map(current, (reference) => evidence(place.stage, reference, sources, now)),
    application: map(sources.applications, (all) => {
      const found = all.find(({ metadata }) => metadata.name === place.application);
      if (found === undefined) return absent(`no Application ${place.application}`);
      return known({
        sync: found.status?.sync?.status ?? 'Unknown',
        health: found.status?.health?.status ?? 'Unknown',
      });
    }),
    recorder: workload === undefined ? missing : recorder(workload),
    archive: map(workload?.metrics ?? missing, (metrics) => known(archive(metrics, now))),
    upload: map(workload?.uploader ?? missing, ({ spec, status }) =>
      known({
        lastSuccessSeconds: age(status?.lastSuccessfulTime, now),
        suspended: spec.suspend === true,
      }),
    ),
    disk: workload === undefined ? missing : disk(place.namespace, workload),
  };
}

/** Kargo keeps the Freight that the Stage runs in the newest entry of its history, not in the last promotion. */
function currentFreight({ status }: StageObject): Reading<FreightReference> {
  const [newest] = Object.values(status?.freightHistory?.[0]?.items ?? {});
  return newest === undefined ? absent('nothing was promoted successfully yet') : known(newest);
}

function freight(
  { name, commits, images }: FreightReference,
  { freight: all }: Sources,
): StageStatus['freight'] {
  const commit = commits?.[0]?.id ?? null;
  if (all.state === 'unknown') {
    const what = `${name.slice(0, 12)} ${commit?.slice(0, 12) ?? ''}`.trim();
    return unknown(`${what}, whose alias could not be looked up: ${all.why}`);
  }
  const found =
    all.state === 'known' ? all.value.find(({ metadata }) => metadata.name === name) : undefined;
  return known({ name, alias: found?.alias ?? null, commit, digest: images?.[0]?.digest ?? null });
}

function promotion({ status }: StageObject): Reading<{
  readonly name: string;
  readonly phase: string;
  readonly message: string;
  readonly running: boolean;
}> {
  const running = status?.currentPromotion;
  if (running !== null && running !== undefined) {
    return known({ name: running.name, phase: 'Running', message: '', running: true });
  }
  const last = status?.lastPromotion;
  if (last === null || last === undefined) return absent('none yet');
  return known({
    name: last.name,
    phase: last.status?.phase ?? 'Unknown',
    message: last.status?.message ?? '',
    running: false,
  });
}

function health({ status }: StageObject): Reading<{ status: string; issues: readonly string[] }> {
  const found = status?.health;
  return found === null || found === undefined
    ? absent('Kargo has not looked yet')
    : known({ status: found.status, issues: found.issues ?? [] });
}

function verification({ status }: StageObject): Reading<{ phase: string; message: string }> {
  const [newest] = status?.freightHistory?.[0]?.verificationHistory ?? [];
  return newest === undefined
    ? absent('none yet')
    : known({ phase: newest.phase ?? 'Unknown', message: newest.message ?? '' });
}

function evidence(
  stage: string,
  reference: FreightReference,
  { configMaps }: Sources,
  now: Date,
): StageStatus['evidence'] {
  const commit = reference.commits?.[0]?.id;
  const imageDigest = reference.images?.[0]?.digest;
  if (commit === undefined || imageDigest === undefined) {
    return absent('the Freight names no commit or no image');
  }
  const name = latestEvidenceName({ stage, commit, imageDigest });
  return map(configMaps, (all) => {
    const data = all[name];
    if (data === undefined) return absent(`no ConfigMap ${name}`);
    return known({
      verdict: data['verdict'] ?? 'unreadable',
      ageSeconds: age(data['finishedAt'], now),
    });
  });
}

function recorder({ pods }: WorkloadSources): StageStatus['recorder'] {
  return map(pods, (all) => {
    const pod = all.find(({ metadata }) => (metadata.deletionTimestamp ?? null) === null);
    if (pod === undefined) return absent('no recorder pod');
    const container = pod.status?.containerStatuses?.[0];
    return known({
      pod: pod.metadata.name,
      ready: container?.ready === true,
      restarts: container?.restartCount ?? 0,
      waiting: waitingOf(pod),
      digest: /sha256:[0-9a-f]{64}$/.exec(container?.imageID ?? '')?.[0] ?? null,
    });
  });
}

function waitingOf(pod: PodObject): string | null {
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting;
  if (waiting !== null && waiting !== undefined) return waiting.reason ?? 'waiting';
  return pod.status?.phase === 'Pending' ? 'Pending' : null;
}

function archive(metrics: Metrics, now: Date) {
  const value = (name: string) => metrics.value(`orderbooks_${name}`);
  const newest = value('recorder_last_data_frame_timestamp_seconds');
  return {
    newestFrameSeconds:
      newest === null || newest === 0 ? null : Math.round(now.getTime() / 1000 - newest),
    activeTokens: value('recorder_active_tokens'),
    connectionsOpen: value('recorder_connections_open'),
    closedArchives: value('archive_closed_total') ?? 0,
    trouble: value('archive_trouble') ?? 0,
  };
}

const CLAIM = 'orderbooks-data';

function disk(namespace: string, { node }: WorkloadSources): StageStatus['disk'] {
  return map(node, ({ pods }) => {
    const volume = pods
      .flatMap((pod) => pod.volume ?? [])
      .find(({ pvcRef }) => pvcRef?.namespace === namespace && pvcRef.name === CLAIM);
    const { availableBytes, capacityBytes } = volume ?? {};
    if (typeof availableBytes !== 'number' || typeof capacityBytes !== 'number') {
      return absent(`the kubelet tells nothing of ${CLAIM}`);
    }
    return known({ freeBytes: availableBytes, capacityBytes });
  });
}

function age(instant: string | null | undefined, now: Date): number | null {
  const at = Date.parse(instant ?? '');
  return Number.isNaN(at) ? null : Math.round((now.getTime() - at) / 1000);
}
