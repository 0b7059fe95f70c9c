import type { RunManifest } from '../archive/manifest.ts';
import type { InspectReport } from '../inspector/report.ts';
import type { EventSummary } from '../inspector/summary.ts';
import type { DeliveryState } from './delivery-state.ts';
import type { Metrics } from './metrics.ts';
import type { JobOutcome, Pod, Workload } from './platform.ts';

/** What the acts of a run have seen, by name. Checks judge from these and from nothing else. */
export interface Seen {
  /** The collector's pod, once it ran the promoted digest and was ready and alone. */
  readonly collectorPod: PromotedPod;
  /** The collector's cycles and archives before its restart. */
  readonly cyclesBefore: Inspection;
  readonly collectorRestart: Replacement;
  readonly cyclesAfter: Inspection;
  /** The recorder's pod, once it ran the promoted digest and was ready and alone. */
  readonly promoted: PromotedPod;
  readonly collectorBefore: CollectorState;
  /**
   * When the recorder's pod had closed an archive of each stream by its own count, or the wait for that was over; where a
   * restart is provoked nobody waits.
   */
  readonly firstClosed: Date;
  /** What was written when a reliability window began. */
  readonly windowStart: Inspection;
  readonly observation: Observation;
  /** Both recorders at work over the same time; null while production has none at all. */
  readonly recordedBeside: RecordedBeside | null;
  /** Events and metrics of both sides over that time. */
  readonly comparison: Comparison;
  /** Archives before the restart. */
  readonly before: Inspection;
  readonly restart: Restart;
  /** Archives after the restart; where none is provoked, the same inspection as `before`. */
  readonly after: Inspection;
  readonly upload: { readonly outcome: JobOutcome; readonly startedAt: Date };
  /** Upload manifests and remote files after the one-off upload. */
  readonly uploaded: Omit<Inspection, 'metricsAfterwards'>;
  readonly podsAtEnd: readonly Pod[];
  readonly collectorPodsAtEnd: readonly Pod[];
  readonly collectorAfter: CollectorState;
  /** What was promoted last and what Argo CD made of it. */
  readonly delivery: DeliveryState;
}

export type FactName = keyof Seen;

export interface PromotedPod {
  readonly pod: Pod;
  readonly deployment: Workload;
}

/** A pod that was deleted, and the one that came in its place. */
export interface Replacement {
  readonly old: Pod;
  readonly replacement: Pod;
  readonly deletedAt: Date;
}

/** The REST collector of production as it is at one moment; `deployment` is null where there is none. */
export interface CollectorState {
  readonly deployment: Workload | null;
  readonly pods: readonly Pod[];
}

export interface Sample {
  readonly at: Date;
  readonly metrics: Metrics;
}

/** The recorder's metrics, polled over the policy's observation time. */
export interface Observation {
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly samples: readonly Sample[];
  /** Polls without a usable answer, in words. */
  readonly failures: readonly string[];
}

/** Two recorders over the same time, which ends `until`. */
export interface RecordedBeside {
  readonly pods: Readonly<Record<'canary' | 'production', string>>;
  readonly since: Date;
  readonly until: Date;
  readonly samples: Readonly<Record<'canary' | 'production', readonly Sample[]>>;
}

/** One side of a comparison. */
export interface ComparedSide {
  readonly summary: EventSummary;
  readonly samples: readonly Sample[];
}

export interface Comparison {
  /** Null while production has no recorder at all. */
  readonly baseline: { readonly canary: ComparedSide; readonly production: ComparedSide } | null;
}

export interface Inspection {
  readonly report: InspectReport;
  readonly requestedAt: Date;
  /** Metrics of the judged pod read after the report was made, or why there are none. */
  readonly metricsAfterwards: Sample | string;
}

export type Restart =
  | ({ readonly mode: 'provoke' } & Replacement)
  | { readonly mode: 'observe'; readonly earlier: EarlierRun | null };

/** The newest run of a recorder before the promoted pod's own, and the report that holds its archives. */
export interface EarlierRun {
  readonly run: RunManifest;
  readonly report: InspectReport;
}

/** One fact on its way from not yet looked at to seen or not. */
export type Fact<T> =
  | { readonly state: 'pending' }
  | { readonly state: 'seen'; readonly value: T }
  | { readonly state: 'failed'; readonly error: string }
  | { readonly state: 'not_observed'; readonly because: string };

export type Facts = { readonly [Name in FactName]: Fact<Seen[Name]> };

/** No act has looked at anything. */
export function pendingFacts(): Facts {
  return PENDING;
}

const pending = { state: 'pending' } as const;
/**
 * In the order in which a run of several gates looks at them: the collector is restarted before anybody looks whether
 * it stays as it is.
 */
const PENDING: Facts = {
  collectorPod: pending,
  cyclesBefore: pending,
  collectorRestart: pending,
  cyclesAfter: pending,
  promoted: pending,
  collectorBefore: pending,
  firstClosed: pending,
  windowStart: pending,
  observation: pending,
  recordedBeside: pending,
  comparison: pending,
  before: pending,
  restart: pending,
  after: pending,
  upload: pending,
  uploaded: pending,
  podsAtEnd: pending,
  collectorPodsAtEnd: pending,
  collectorAfter: pending,
  delivery: pending,
};
export const FACT_ORDER = Object.keys(PENDING) as readonly FactName[];

/** The values of `names`, or the first fact among them that was not seen. */
export function seenOf<Name extends FactName>(
  facts: Facts,
  names: readonly Name[],
): { readonly seen: Pick<Seen, Name> } | { readonly missing: Name } {
  const seen: Partial<Record<FactName, unknown>> = {};
  for (const name of names) {
    const fact: Fact<unknown> = facts[name];
    if (fact.state !== 'seen') return { missing: name };
    seen[name] = fact.value;
  }
  return { seen: seen as Pick<Seen, Name> };
}
