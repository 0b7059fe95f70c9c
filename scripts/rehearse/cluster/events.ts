/** What happens in the local cluster, for live progress and for reports. */
export type ClusterEvent = { readonly at: Date } & (
  | (PodEvent & { readonly type: 'pod-waiting'; readonly reason: string; readonly message: string })
  | (PodEvent & {
      readonly type: 'pod-started';
      /** Digest of the image that really runs. */
      readonly imageDigest: string;
      readonly pid: number;
      /** Addresses on this machine by port name or number. */
      readonly addresses: Readonly<Record<string, string>>;
      readonly restarts: number;
      readonly logFile: string;
    })
  | (PodEvent & { readonly type: 'pod-ready' })
  | (PodEvent & { readonly type: 'pod-not-ready'; readonly message: string })
  | (PodEvent & { readonly type: 'pod-killing'; readonly message: string })
  | (PodEvent & {
      readonly type: 'pod-exited';
      readonly exitCode: number;
      readonly signal: string | null;
      readonly reason: string;
      readonly message: string;
    })
  | (PodEvent & { readonly type: 'pod-deleted' })
  | (PodEvent & { readonly type: 'pod-log'; readonly line: string })
  | {
      readonly type: 'job-finished';
      readonly namespace: string;
      readonly job: string;
      readonly succeeded: boolean;
      readonly reason: string;
      readonly message: string;
    }
  | {
      readonly type: 'application-synced';
      readonly application: string;
      readonly phase: string;
      readonly revision: string;
      readonly message: string;
    }
  | {
      readonly type: 'application-health';
      readonly application: string;
      readonly health: string;
      readonly sync: string;
    }
  | {
      readonly type: 'analysis-finished';
      readonly namespace: string;
      readonly analysisRun: string;
      readonly phase: string;
      readonly message: string;
    }
  /** A fault of the local cluster itself or of a manifest that a controller cannot act on. */
  | { readonly type: 'problem'; readonly where: string; readonly message: string }
);

interface PodEvent {
  readonly namespace: string;
  readonly pod: string;
  /** Value of the label `app.kubernetes.io/component`, or the container's name. */
  readonly component: string;
}

/** An event without its time, as its source makes it. */
export type ClusterEventBody = ClusterEvent extends infer Event
  ? Event extends { readonly at: Date }
    ? Omit<Event, 'at'>
    : never
  : never;

/** A pod's events without what all of them say. */
export type PodEventBody = ClusterEventBody extends infer Body
  ? Body extends { readonly component: string }
    ? Omit<Body, 'namespace' | 'pod' | 'component'>
    : never
  : never;

export type Emit = (event: ClusterEventBody) => void;
