import type { RunManifest } from '../archive/manifest.ts';
import type { ArchiveReport, InspectReport } from '../inspector/report.ts';
import type { CheckContext } from './check.ts';
import { errorText, GateError } from './error.ts';
import type { Inspection, Sample } from './facts.ts';
import { parseMetrics } from './metrics.ts';
import type { InspectRequest } from './platform.ts';
import { RECORDER_COMPONENT } from './workloads.ts';

/** Nodes whose clocks are kept by NTP differ by less; a report older than this was not made for this request. */
export const CLOCK_TOLERANCE_MS = 10_000;

type Place = Pick<CheckContext, 'platform' | 'subject' | 'now'>;

/** A report made for this request; one from another time is a GATE_OBSERVATION_INVALID. */
export async function freshReport(place: Place, request: InspectRequest): Promise<InspectReport> {
  const requestedAt = place.now();
  const report = await place.platform.inspect(place.subject.namespace, request);
  const at = Date.parse(report.inspected_at);
  const earliest = requestedAt.getTime() - CLOCK_TOLERANCE_MS;
  const latest = place.now().getTime() + CLOCK_TOLERANCE_MS;
  // Written so that a time that cannot be parsed (NaN) is refused too.
  if (!(at >= earliest && at <= latest)) {
    throw new GateError(
      'GATE_OBSERVATION_INVALID',
      `expected an inspection made after it was asked for at ${requestedAt.toISOString()}, got one of ${report.inspected_at}: stale, or the clocks of the nodes differ by more than ${CLOCK_TOLERANCE_MS / 1000} s`,
    );
  }
  return report;
}

/** A fresh report, and the metrics of `pod` read after it: counters there cannot be behind what the report says. */
export async function inspectWithMetrics(
  place: Place,
  request: InspectRequest,
  pod: string,
): Promise<Inspection> {
  const requestedAt = place.now();
  const report = await freshReport(place, request);
  return { report, requestedAt, metricsAfterwards: await sampleOrReason(place, pod) };
}

export async function sampleOrReason(place: Place, pod: string): Promise<Sample | string> {
  try {
    const metrics = parseMetrics(await place.platform.metrics(place.subject.namespace, pod));
    return { at: place.now(), metrics };
  } catch (error) {
    return errorText(error);
  }
}

/** Run ids that `component` in `pod` wrote manifests for: more than one if its container restarted. */
export function runsOfPod(
  report: InspectReport,
  pod: string,
  component: RunManifest['component'] = RECORDER_COMPONENT,
): readonly string[] {
  return report.run_manifests
    .filter((run) => run.component === component && run.pod === pod)
    .map((run) => run.run_id);
}

export function archivesOfRuns(
  report: InspectReport,
  runs: readonly string[],
): readonly ArchiveReport[] {
  return report.archives.filter(
    (archive) => archive.run_id !== null && runs.includes(archive.run_id),
  );
}
