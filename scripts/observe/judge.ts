import { formatDuration } from '../../runtime/config/duration.ts';
import type { Observation, Sample } from '../../runtime/gates/facts.ts';
import { readConnections, readFreshness } from '../../runtime/gates/recorder-state.ts';

export interface Limits {
  /** How old the newest data frame may be, and how long the count of frames may stand still, milliseconds. */
  readonly freshnessMs: number;
  /** How long an outage may last, milliseconds. */
  readonly reconnectWithinMs: number;
}

/** One thing that was judged; `problem` is null where it is well. */
export interface Judgement {
  readonly what: string;
  readonly observed: string;
  readonly problem: string | null;
}

/** Counters that may not grow at all in a window without loss. */
const LOSSES = [
  ['lost frames', 'orderbooks_recorder_lost_frames_total'],
  ['hash divergences', 'orderbooks_recorder_hash_divergences_total'],
  ['divergences from REST', 'orderbooks_recorder_divergences_total'],
] as const;

/** What a bounded observation proves of a recorder. Absent, empty or restarted counters never pass. */
export function judgeObservation(observation: Observation, limits: Limits): readonly Judgement[] {
  const { samples } = observation;
  return [
    scraped(observation),
    oneProcess(samples),
    advances(samples, limits),
    recovers(samples, limits),
    checkpoints(samples),
    ...LOSSES.map(([what, name]) => lossless(samples, what, name)),
  ];
}

function scraped({ samples, failures }: Observation): Judgement {
  const observed = `${samples.length} polls answered, ${failures.length} not`;
  return {
    what: 'metrics answer',
    observed,
    problem: samples.length >= 2 ? null : (failures.at(-1) ?? 'fewer than two polls'),
  };
}

/** A counter that falls belongs to a new process: the recorder was restarted. */
function oneProcess(samples: readonly Sample[]): Judgement {
  const counts = samples.map((sample) => value(sample, 'orderbooks_recorder_frames_total'));
  const fell = counts.findIndex((count, index) => count < (counts[index - 1] ?? 0));
  const at = samples[fell]?.at.toISOString();
  return {
    what: 'no restart',
    observed: at === undefined ? 'counters never fell' : `counters fell at ${at}`,
    problem: at === undefined ? null : 'the recorder was restarted during the window',
  };
}

function advances(samples: readonly Sample[], { freshnessMs }: Limits): Judgement {
  const name = 'orderbooks_recorder_data_frames_total';
  const [first, last] = [samples[0], samples.at(-1)];
  let still = first?.at.getTime() ?? 0;
  let longest = 0;
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    const grew = before !== undefined && value(sample, name) > value(before, name);
    longest = Math.max(longest, sample.at.getTime() - still);
    if (grew) still = sample.at.getTime();
  }
  const [from, to] = [value(first, name), value(last, name)];
  const observed = `${from} → ${to} data frames, longest pause ${seconds(longest)}`;
  // Written so that a count that is none (NaN) is a problem too.
  const well = to > from && longest <= freshnessMs;
  return {
    what: 'data frames advance',
    observed,
    problem: well ? null : `no new data frame for longer than ${formatDuration(freshnessMs)}`,
  };
}

function recovers(
  samples: readonly Sample[],
  { freshnessMs, reconnectWithinMs }: Limits,
): Judgement {
  let since: Sample | null = null;
  let longest = 0;
  let problems: readonly string[] = ['no poll answered'];
  for (const sample of samples) {
    problems = [
      ...readConnections(sample.metrics).problems,
      ...readFreshness(sample, freshnessMs).problems,
    ];
    since = problems.length === 0 ? null : (since ?? sample);
    if (since !== null) longest = Math.max(longest, sample.at.getTime() - since.at.getTime());
  }
  const grew = (name: string) => {
    const full = `orderbooks_recorder_${name}_total`;
    return value(samples.at(-1), full) - value(samples[0], full);
  };
  const observed = `${grew('disconnects')} disconnects, ${grew('reconnects')} reconnects, ${grew('stalls')} stalls; longest outage ${seconds(longest)}`;
  if (problems.length > 0) {
    return { what: 'outages recover', observed, problem: `at the end: ${problems.join(', ')}` };
  }
  return {
    what: 'outages recover',
    observed,
    problem:
      longest <= reconnectWithinMs
        ? null
        : `an outage lasted longer than ${formatDuration(reconnectWithinMs)}`,
  };
}

function checkpoints(samples: readonly Sample[]): Judgement {
  const count = (sample: Sample | undefined, result: string) =>
    sample?.metrics.value('orderbooks_recorder_checkpoints_total', { result }) ?? Number.NaN;
  const [first, last] = [samples[0], samples.at(-1)];
  const failed = count(last, 'failed') - count(first, 'failed');
  const good = count(last, 'ok') - count(first, 'ok');
  return {
    what: 'checkpoints succeed',
    observed: `${good} good, ${failed} failed`,
    problem: failed === 0 ? null : 'checkpoints failed, or their counter is not exposed',
  };
}

function lossless(samples: readonly Sample[], what: string, name: string): Judgement {
  const grown = value(samples.at(-1), name) - value(samples[0], name);
  return {
    what: `no ${what}`,
    observed: `${grown} in the window`,
    problem: grown === 0 ? null : `${name} grew, or is not exposed`,
  };
}

function value(sample: Sample | undefined, name: string): number {
  return sample?.metrics.value(name) ?? Number.NaN;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
