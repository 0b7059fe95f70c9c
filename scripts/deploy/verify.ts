import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '../../runtime/gates/facts.ts';
import { connectKubernetes } from '../../runtime/gates/kubernetes/platform.ts';
import { observe } from '../../runtime/gates/observation.ts';
import { ClusterError } from '../cluster/failure.ts';
import type { ClusterAccess } from '../cluster/kubectl.ts';
import { judgeObservation } from '../observe/judge.ts';
import { LOCAL_NAMESPACE } from './overlay.ts';

/** Long enough for some checkpoints of the simulated feed. */
const WINDOW_MS = 20_000;
/** A recorder that has just started may not have its first frames yet. */
const FIRST_FRAME_MS = 60_000;
const JOB_TIMEOUT_MS = 180_000;
const POLL_MS = 1000;

/**
 * Proves that the recorder records: frames come in, checkpoints succeed, and an inspector reads back what is on the
 * volume. Returns what was seen, for a person.
 *
 * @throws ClusterError NOT_RECORDING with what speaks against it
 */
export async function verifyRecorder(
  access: ClusterAccess,
  pod: string,
  signal: AbortSignal,
): Promise<string> {
  const platform = connectKubernetes({
    kubeconfig: access.kubeconfig,
    context: access.context,
    inspectTimeoutMs: JOB_TIMEOUT_MS,
    uploadTimeoutMs: JOB_TIMEOUT_MS,
    inspectorsOf: null,
    runId: `local-${Date.now().toString(36)}`,
    signal,
    progress: () => undefined,
  });
  const wait = (milliseconds: number) => sleep(milliseconds, undefined, { signal });
  const window = (durationMs: number): Promise<Observation> =>
    observe({
      platform,
      namespace: LOCAL_NAMESPACE,
      pod,
      durationMs,
      reconnectWithinMs: FIRST_FRAME_MS,
      signal,
      now: () => new Date(),
      wait,
    });
  const deadline = Date.now() + FIRST_FRAME_MS;
  let frames = 0;
  while (frames === 0 && Date.now() < deadline) {
    const { samples } = await window(POLL_MS);
    frames = samples.at(-1)?.metrics.value('orderbooks_recorder_data_frames_total') ?? 0;
  }
  const observation = await window(WINDOW_MS);
  const problems = judgeObservation(observation, {
    freshnessMs: FIRST_FRAME_MS,
    reconnectWithinMs: FIRST_FRAME_MS,
  }).flatMap(({ what, observed, problem }) =>
    problem === null ? [] : [`${what}: ${problem} (${observed})`],
  );
  if (problems.length > 0) {
    throw new ClusterError(
      'NOT_RECORDING',
      `${problems.join('; ')}; see kubectl -n ${LOCAL_NAMESPACE} logs deployment/orderbooks-ws-recorder`,
    );
  }
  const report = await platform.inspect(LOCAL_NAMESPACE, {});
  const broken = report.archives.flatMap(({ path, errors }) =>
    errors.map((one) => `${path}: ${one}`),
  );
  if (broken.length > 0 || report.archives.length + report.open.length === 0) {
    throw new ClusterError(
      'NOT_RECORDING',
      `expected whole archives on the volume, seen ${broken.join('; ') || 'none'}`,
    );
  }
  const count = observation.samples.at(-1)?.metrics.value('orderbooks_recorder_data_frames_total');
  return `${count ?? 0} data frames, nothing lost; ${report.archives.length} closed and ${report.open.length} open archives on the volume`;
}
