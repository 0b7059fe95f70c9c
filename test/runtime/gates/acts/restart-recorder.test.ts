import { describe, expect, it } from 'vitest';
import type { RunManifest } from '../../../../runtime/archive/manifest.ts';
import { restartRecorder } from '../../../../runtime/gates/acts/restart-recorder.ts';
import type { EarlierRun, PromotedPod } from '../../../../runtime/gates/facts.ts';
import type { InspectRequest } from '../../../../runtime/gates/platform.ts';
import type { InspectReport } from '../../../../runtime/inspector/report.ts';
import { iso, RecordedRun } from '../recorded-run.ts';
import { SUBJECT, World } from '../world.ts';

const HALF_AN_HOUR = 30 * 60_000;
const A_DAY = 24 * 3_600_000;

describe('the run before a rollout', () => {
  it('is looked for in half an hour before the promoted pod, then in a day, then in everything', async () => {
    const { asked, earlier, startedAt } = await look([
      (report) => report,
      // Its manifest alone is not enough while its archives may lie further back.
      (report) => holding(report, [manifest('earlier', 'another')], []),
      (report) => holding(report, [manifest('earlier', 'another')], ['earlier']),
    ]);
    expect(asked).toEqual([
      { since: iso(startedAt - HALF_AN_HOUR) },
      { since: iso(startedAt - A_DAY) },
      {},
    ]);
    expect(earlier?.report.archives.map((one) => one.run_id)).toEqual(['earlier']);
  });

  it('is taken where it is found first, whatever else was recorded then', async () => {
    const { asked, earlier } = await look([
      (report) => holding(report, [manifest('earlier', 'another')], ['older', 'earlier', 'older']),
    ]);
    expect(asked).toHaveLength(1);
    expect(earlier?.run.run_id).toBe('earlier');
  });

  it('is the newest of a recorder in another pod', async () => {
    const { earlier } = await look([
      (report) =>
        holding(
          report,
          [
            manifest('newer', 'another', '2026-11-21T09:30:00.000Z'),
            manifest('older', 'another', '2026-11-21T09:00:00.000Z'),
            manifest('own', 'recorder-promoted', '2026-11-21T09:50:00.000Z'),
            {
              ...manifest('collected', 'other', '2026-11-21T09:40:00.000Z'),
              component: 'collector',
            },
          ],
          ['older', 'newer', 'own', 'collected'],
        ),
    ]);
    expect(earlier?.run.run_id).toBe('newer');
  });

  it('is one without any archive where everything was looked at, and none without a manifest', async () => {
    const bare = (report: InspectReport) => holding(report, [manifest('earlier', 'another')], []);
    expect((await look([bare, bare, bare])).earlier?.run.run_id).toBe('earlier');
    const nothing = (report: InspectReport) => holding(report, [], ['earlier']);
    expect((await look([nothing, nothing, nothing])).earlier).toBeNull();
  });

  it('is looked for from now on back where the pod does not say when it started', async () => {
    const { asked, now } = await look(
      [(report) => holding(report, [manifest('earlier', 'another')], ['earlier'])],
      null,
    );
    expect(asked).toEqual([{ since: iso(now - HALF_AN_HOUR) }]);
  });
});

type Answer = (report: InspectReport) => InspectReport;

/** Lets the act look for it in a world whose inspectors answer one after the other as told. */
async function look(answers: readonly Answer[], startedAt?: string | null) {
  const world = new World();
  const asked: InspectRequest[] = [];
  const queue = [...answers];
  world.change.inspect = (report, request) => {
    asked.push(request);
    const answer = queue.shift();
    if (answer === undefined) throw new Error('nobody was to look again');
    return answer(holding(report, [], []));
  };
  world.time += 60_000;
  const [pod] = await world.pods(SUBJECT.namespace, 'ws-recorder');
  if (pod === undefined) throw new Error('expected a recorder');
  const promoted: PromotedPod = {
    pod: startedAt === undefined ? pod : { ...pod, startedAt },
    deployment: { name: 'r', image: 'i', desiredReplicas: 1, readyReplicas: 1 },
  };
  const context = {
    ...world.context({ restart: 'observe' }),
    demanded: <T>(_wait: string, work: () => Promise<T>) => work(),
  };
  const { earlier } = (await restartRecorder.perform(context, { promoted })) as {
    readonly earlier: EarlierRun | null;
  };
  return { asked, earlier, startedAt: Date.parse(pod.startedAt ?? ''), now: world.time };
}

function manifest(id: string, pod: string, startedAt = '2026-11-21T09:00:00.000Z'): RunManifest {
  return recorded(id, pod, startedAt).manifest();
}

/** A report with these run manifests, and an archive of each of these runs. */
function holding(
  report: InspectReport,
  manifests: readonly RunManifest[],
  runs: readonly string[],
): InspectReport {
  const archives = runs.flatMap((id) => recorded(id, 'any').archives().slice(0, 1));
  return {
    ...report,
    run_manifests: [...manifests],
    archives: archives.map(({ report: archive }) => archive),
  };
}

function recorded(id: string, pod: string, startedAt = '2026-11-21T09:00:00.000Z'): RecordedRun {
  return new RecordedRun(new World(), id, pod, Date.parse(startedAt));
}
