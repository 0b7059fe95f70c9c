import type { FaultName } from '../../runtime/simulator/fault-catalogue.ts';

/**
 * How the recorder shows that a fault happened: a counter that rises, a reason of a gap.
 *
 * - `always`: it must; a soak in which it does not fails;
 * - `sometimes`: it can be overtaken by something else, such as the end of the window;
 * - `harmless`: nothing is lost or wrong, so nothing needs to show.
 */
export interface Expectation {
  readonly shows: 'always' | 'sometimes' | 'harmless';
  /** Counters, without `orderbooks_recorder_`. */
  readonly metrics: readonly string[];
  readonly gaps: readonly string[];
  /** What must work again for it to count as recovered. */
  readonly recovers: 'stream' | 'requests';
}

const ended: Expectation = {
  shows: 'always',
  metrics: ['disconnects_total'],
  gaps: ['disconnect'],
  recovers: 'stream',
};
const refused: Expectation = {
  shows: 'always',
  metrics: ['refusals_total'],
  gaps: ['refused'],
  recovers: 'stream',
};
const stalled: Expectation = {
  shows: 'always',
  metrics: ['stalls_total'],
  gaps: ['stall'],
  recovers: 'stream',
};
const failed: Expectation = {
  shows: 'always',
  metrics: ['checkpoints_total{result="failed"}', 'discovery_failures_total'],
  gaps: [],
  recovers: 'requests',
};
const harmless: Expectation = { shows: 'harmless', metrics: [], gaps: [], recovers: 'stream' };

export const EXPECTATIONS: Readonly<Record<FaultName, Expectation>> = {
  stall: stalled,
  // Not when the window ends before the limit of silence.
  'stall-token': {
    shows: 'sometimes',
    metrics: ['asset_silences_total'],
    gaps: [],
    recovers: 'stream',
  },
  'half-open': stalled,
  'late-dump': harmless,
  'pong-lag': harmless,
  // Not when a trade brings a whole book before the limit, nor when the service had no book yet.
  'snapshot-ceiling': {
    shows: 'sometimes',
    metrics: ['missing_books_total'],
    gaps: [],
    recovers: 'stream',
  },
  'subscribe-limit': ended,
  refuse: refused,
  'handshake-403-html': refused,
  'handshake-403-1010': refused,
  'handshake-429': refused,
  'handshake-429-retry-after': refused,
  'handshake-503': refused,
  'handshake-hang': refused,
  reset: ended,
  cut: ended,
  'close-1000': ended,
  'close-1001': ended,
  'close-1013': ended,
  'close-invalid-utf8': ended,
  'huge-frame': ended,
  'binary-frame': {
    shows: 'always',
    metrics: ['binary_frames_total'],
    gaps: ['overflow'],
    recovers: 'stream',
  },
  'invalid-utf8-frame': ended,
  // Not when the same level changes again, or a trade brings the whole book, before the next look at the hash.
  'lose-change': {
    shows: 'sometimes',
    metrics: ['hash_divergences_total', 'divergences_total'],
    gaps: [],
    recovers: 'stream',
  },
  'tick-change': harmless,
  'new-market-storm': harmless,
  'odd-forms': harmless,
  // The soak stops the recorder's process meanwhile, so that the service gives it up as a slow consumer.
  load: {
    shows: 'sometimes',
    metrics: ['disconnects_total'],
    gaps: ['disconnect'],
    recovers: 'stream',
  },
  // Discovery manifests say it; markets known already stay.
  'blank-tokens': { ...harmless, recovers: 'requests' },
  'rest-403-html': failed,
  'rest-403-1010': failed,
  'rest-429': failed,
  'rest-429-retry-after': failed,
  'rest-500': failed,
  'rest-502-html': failed,
  'rest-503': failed,
  // Not while the machine is so busy that a second and a half is no unusual answer.
  'rest-latency': {
    shows: 'sometimes',
    metrics: ['throttled_rounds_total'],
    gaps: [],
    recovers: 'requests',
  },
  'rest-hang': failed,
  'rest-reset': failed,
  'rest-slow-loris': failed,
  'rest-truncated': failed,
  'rest-endless-array': failed,
  'rest-zip-bomb': failed,
  'rest-invalid-utf8': failed,
};
