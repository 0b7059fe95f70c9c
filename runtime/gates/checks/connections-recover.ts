import { formatDuration } from '../../config/duration.ts';
import { defineCheck } from '../check.ts';
import { type Interruption, interruptions } from '../interruption.ts';
import {
  firstFew,
  JUDGED_FACTS,
  type JudgedArchives,
  judgedArchives,
  ofStream,
} from '../judged-archives.ts';
import { judged } from '../outcome.ts';
import { readConnections, readFreshness } from '../recorder-state.ts';

/** A connection that ends is soon open again, and data flows at the end. */
export const connectionsRecover = defineCheck({
  id: 'connections-recover',
  proves:
    'every connection that was lost or refused in the archived time was open again in time, and one is open with fresh data at the end',
  needs: ['observation', ...JUDGED_FACTS],
  run({ policy }, { observation, ...facts }) {
    const within = formatDuration(policy.reconnectWithin);
    const expected = `every disconnect, stall and refused row followed by a connect row within ${within}; at the end ≥ 1 connection open and data at most ${formatDuration(policy.freshness)} old`;
    const last = observation.samples.at(-1);
    if (last === undefined) {
      return {
        status: 'fail',
        expected,
        observed: `0 usable scrapes, ${observation.failures.length} failed`,
        reason: `the state at the end is unknown: ${observation.failures.at(-1) ?? 'nothing said why'}`,
      };
    }
    const archived = judgedArchives(facts);
    const connects = gapsOf(archived).filter((gap) => gap.reason === 'connect').length;
    const lost = archived.runs.flatMap((run) => ofRun(archived, run));
    const late = lost.filter((one) => isLate(one, policy.reconnectWithin));
    const open = readConnections(last.metrics);
    const fresh = readFreshness(last, policy.freshness);
    const problems = [...open.problems, ...fresh.problems];
    if (connects === 0) problems.push('no connect row was archived: the recorder never subscribed');
    if (late.length > 0) problems.push(firstFew(late.map(describe)));
    const seen = lost.length === 0 ? 'no interruption' : `${lost.length} interruptions`;
    return judged(
      expected,
      `${seen} and ${connects} connect rows archived, ${late.length} not recovered in time${slowest(lost)}; at the end ${open.observed}, ${fresh.observed}`,
      problems,
      lost.length === 0
        ? 'no connection was lost, so no recovery was seen; one is open and its data is fresh'
        : 'every lost connection came back in time',
    );
  },
});

function gapsOf({ archives }: JudgedArchives, run?: string) {
  return ofStream(archives, 'ws_raw')
    .filter((archive) => run === undefined || archive.run_id === run)
    .flatMap((archive) => archive.gaps);
}

function ofRun(archived: JudgedArchives, run: string): readonly Interruption[] {
  const ends = ofStream(archived.archives, 'ws_raw')
    .filter((archive) => archive.run_id === run)
    .flatMap((archive) => [
      ...(archive.last_received_at === null ? [] : [archive.last_received_at]),
      ...archive.gaps.map((gap) => gap.at),
    ])
    .map((text) => Date.parse(text));
  return interruptions(gapsOf(archived, run), Math.max(...ends, 0));
}

/** An interruption that the end of the rows cut short is late only when it had already lasted too long. */
function isLate(one: Interruption, withinMs: number): boolean {
  const until = one.recoveredAt ?? one.endedAt ?? Number.POSITIVE_INFINITY;
  return !(until - one.lostAt <= withinMs);
}

function describe(one: Interruption): string {
  const what = `${one.reason} of connection ${one.connectionId ?? '(none)'} at ${new Date(one.lostAt).toISOString()}`;
  return one.recoveredAt === null
    ? `${what} was never followed by a connect row`
    : `${what} was followed by a connect row only after ${((one.recoveredAt - one.lostAt) / 1000).toFixed(1)} s`;
}

function slowest(lost: readonly Interruption[]): string {
  const times = lost.flatMap((one) =>
    one.recoveredAt === null ? [] : [one.recoveredAt - one.lostAt],
  );
  return times.length === 0 ? '' : ` (slowest ${(Math.max(...times) / 1000).toFixed(1)} s)`;
}
