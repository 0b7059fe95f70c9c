import type { Evidence } from '../../runtime/gates/evidence.ts';

/** Where the time of one gate run went; milliseconds. */
export interface Overhead {
  readonly totalMs: number;
  /** The policy's observation time. */
  readonly observationMs: number;
  /** Until the configuration's rotation closed the archives that the policy wants read. */
  readonly archivesMs: number;
  /** From the deletion of the recorder's pod to its ready replacement; 0 where the policy only observes. */
  readonly restartMs: number;
  /** All else: inspectors, the upload, reading and writing. */
  readonly overheadMs: number;
}

/** A line that the verifier wrote for people: seconds since its start, and words. */
const LINE = /^\s*(\d+\.\d)s {2}(.*)$/;

/**
 * Splits a gate run into the waits that its policy demands and the rest. The verifier's progress lines say when it
 * stopped waiting for an archive and created the inspector that reads it; the evidence says when each act began.
 */
export function overheadOf(evidence: Evidence, log: string): Overhead {
  const lines = log.split('\n').flatMap((line) => {
    const [, seconds, words] = LINE.exec(line) ?? [];
    return seconds === undefined || words === undefined
      ? []
      : [{ at: Number(seconds) * 1000, words }];
  });
  const begun = Date.parse(evidence.started_at);
  const act = (fact: string) => evidence.acts.find((one) => one.fact === fact);
  const untilJob = (fact: string): number => {
    const startedAt = act(fact)?.started_at;
    if (startedAt === null || startedAt === undefined) return 0;
    const from = Date.parse(startedAt) - begun;
    // Lines have tenths of a second.
    const job = lines.find(({ at, words }) => at >= from - 100 && words.startsWith('creating Job'));
    return job === undefined ? 0 : Math.max(0, job.at - from);
  };
  const observed = act('observation');
  const observationMs = observed === undefined ? 0 : lasted(observed);
  const provoked = evidence.policy?.['restart'] === 'provoke';
  const restart = act('restart');
  const restartMs = provoked && restart !== undefined ? lasted(restart) : 0;
  const archivesMs = untilJob('before') + (provoked ? untilJob('after') : 0);
  return {
    totalMs: evidence.duration_ms,
    observationMs,
    archivesMs,
    restartMs,
    overheadMs: evidence.duration_ms - observationMs - archivesMs - restartMs,
  };
}

function lasted(act: Evidence['acts'][number]): number {
  return act.started_at === null ? 0 : Date.parse(act.finished_at) - Date.parse(act.started_at);
}
