import type { Kind } from './damages.ts';
import type { LookedAt } from './looked-at.ts';

interface Undecided {
  /** Of the answer's name and the path in it. */
  readonly fields: RegExp;
  readonly kinds: readonly Kind[];
  readonly because: string;
  /** Only in these whole worlds. */
  readonly only?: readonly string[];
}

const TEXT = ['empty', 'truncated', 'foreign', 'malformed'] as const;
const SMOKE = ['ws-smoke beside a collector', 'ws-smoke without a restart'];
const OBSERVED = ['ws-reliability'];
const COLLECTED = ['collector-smoke'];
const COMPARED = ['canary-comparison'];

/** Damages that no gate refuses, each with the reason why nothing is decided by that field in that way. */
export const DECIDES_NOTHING: readonly Undecided[] = [
  {
    fields: / pods of .*\[\]\.phase$/,
    kinds: TEXT,
    because: 'only Succeeded and Failed say something: that a pod is over; ready and digest decide',
  },
  {
    fields: / pods of .*\[\]\.startedAt$/,
    kinds: ['absent', 'stale', 'truncated'],
    because: 'says from when on archives are read: more are, or all',
  },
  {
    fields: / pods of .*\[\]\.uid$/,
    kinds: ['truncated', 'foreign'],
    because: 'tells one pod from another, whatever it is',
  },
  {
    fields: / pods of .*\[\]\.image$/,
    kinds: TEXT,
    because: 'was requested; what the kubelet runs is in imageDigest',
  },
  {
    fields: /^orderbooks-collector of .*readyReplicas$/,
    kinds: ['foreign'],
    because: 'more ready replicas than wanted are ready too',
  },
  {
    fields: /^promotion\.name$|^Application\.name$/,
    kinds: TEXT,
    because: 'is for words: there is one of each, asked for by its place',
  },
  {
    fields: /^report\.open(\[\]\.(path|bytes|modified_at))?$/,
    kinds: [...TEXT, 'stale'],
    because:
      'closed archives of the same minute show writing too; both damaged are bad observations',
  },
  {
    fields: /^report\.archives\[\]\.last_received_at$/,
    kinds: ['absent', 'stale', 'truncated'],
    because: 'the open archive shows writing too; both damaged are bad observations',
  },
  {
    fields: /^report\.archives\[\]\.(data_frames|frames|good_checkpoints)$/,
    kinds: ['foreign'],
    because: 'more of what there has to be is no fault, and nobody but the inspector counts it',
  },
  {
    fields: /^report\.archives\[\]\.gaps\[\]\.lost_frames$/,
    kinds: ['malformed'],
    because: 'frames that a gap row says were lost are explained: their number is for words',
    only: SMOKE,
  },
  {
    fields: /^report\.archives\[\]\.gaps\[\]\.(at|sequence|connection_id)$/,
    kinds: ['absent', 'stale', ...TEXT],
    because: 'pairs a lost connection with its return: in a good world none was lost',
    only: SMOKE,
  },
  {
    fields: /^report\.archives\[\]\.close_reason$/,
    kinds: ['absent'],
    because: 'is for words where no restart was provoked: complete says that the end row is there',
    only: ['ws-smoke without a restart'],
  },
  {
    fields: /^report\.archives$/,
    kinds: ['truncated'],
    because: 'which archives there have to be, ws-smoke judges by their sequences',
    only: OBSERVED,
  },
  {
    fields: /^report\.archives\[\]\.rows$/,
    kinds: ['foreign'],
    because: 'some rows are demanded here; how many, ws-smoke judges by their sequences',
    only: OBSERVED,
  },
  {
    fields: /^report\.archives\[\]\.path$/,
    kinds: ['truncated'],
    because: 'what is left still names its folder, and nothing is looked up by it here',
    only: OBSERVED,
  },
  {
    fields: /^report\.cycle_manifests$/,
    kinds: ['truncated'],
    because: 'an earlier cycle of the same pod is young enough too',
    only: COLLECTED,
  },
  {
    fields: /^report\.cycle_manifests\[\]\.started_at$/,
    kinds: ['foreign'],
    because: 'puts cycles in order; how old the last one is, its end says',
    only: COLLECTED,
  },
  {
    fields: /^report\.cycle_manifests\[\]\.cycle_id$/,
    kinds: TEXT,
    because: 'is for words',
    only: COLLECTED,
  },
  {
    fields: /^report\.cycle_manifests\[\]\.rows_written$/,
    kinds: ['foreign'],
    because: 'some rows are demanded; how many there are, the archives say',
    only: COLLECTED,
  },
  {
    fields: /^metrics of .*orderbooks_build_info\.value$/,
    kinds: ['empty', 'foreign', 'malformed'],
    because: 'its labels say what runs; its value is always 1',
    only: SMOKE,
  },
  {
    fields: /^metrics of .*(connections_open|active_tokens|queue_bytes|salvaged_total)\.value$/,
    kinds: ['foreign'],
    because:
      'how many connections, tokens, bytes or salvaged archives is not judged, only that it is a count',
    only: [...SMOKE, ...OBSERVED],
  },
  {
    fields: /^metrics of .*(checkpoints_total|archive_closed_total)\{.*\}\.value$/,
    kinds: ['empty', 'foreign', 'stale'],
    because: 'is exposed for alerts; archives themselves are judged for what it counts',
    only: SMOKE,
  },
  {
    fields: /^metrics of .*_total(\{.*\})?\.value$/,
    kinds: ['foreign'],
    because: 'a counter is judged by what it grows: as much more at every scrape is the same',
    only: [...OBSERVED, ...COMPARED],
  },
  {
    fields: /^summary of .*\.covered\[\]\.(from|to)$/,
    kinds: ['stale', 'foreign'],
    because: 'covers more than the window, and then more is compared',
    only: COMPARED,
  },
  {
    fields: /^summary of .*\.markets\[\]\.first_at$/,
    kinds: ['absent', 'stale'],
    because: 'a market heard of earlier, or by the canary never, is compared from the beginning',
    only: COMPARED,
  },
  {
    fields: /^summary of .*\.markets\[\]\.opens_at$/,
    kinds: ['left out'],
    because: 'a release before it existed does not say it, which is the same as not knowing it',
    only: COMPARED,
  },
  {
    fields: /^summary of orderbooks-canary\.markets\[\]\.buckets\[\]\.count$/,
    kinds: ['foreign'],
    because: 'the canary may have more than production: what it lacks is judged',
    only: COMPARED,
  },
  {
    fields: /^summary of orderbooks\.markets\[\]\.buckets$/,
    kinds: ['truncated'],
    because: 'the canary may have more than production: what it lacks is judged',
    only: COMPARED,
  },
  {
    fields: /^summary of .*\.latency_ms$/,
    kinds: ['truncated'],
    because: 'half of the values are enough for a rank test',
    only: COMPARED,
  },
  {
    fields: /^summary of .*\.latency_ms\[\]$/,
    kinds: ['empty', 'malformed', 'foreign'],
    because:
      'only a slower canary is worse: below nothing are clocks that differ, and a slow production is its own',
    only: COMPARED,
  },
];

/** Why a damage that no gate refuses decides nothing, or null if nothing is known of it. */
export function reasonFor(whole: string, { observed, path }: LookedAt, kind: Kind): string | null {
  const found = DECIDES_NOTHING.find(
    ({ fields, kinds, only }) =>
      fields.test(`${observed}${path}`) && kinds.includes(kind) && (only?.includes(whole) ?? true),
  );
  return found?.because ?? null;
}
