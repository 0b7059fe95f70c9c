import type { FreightRequest, Stage } from './objects.ts';
import type { FreightRecord } from './project.ts';

/**
 * Whether a Freight may be promoted to a Stage: it comes from a requested origin, and it is approved for the Stage, or
 * taken directly, or verified (and soaked) upstream (facts/kargo.md §5).
 *
 * @param now milliseconds since the epoch; the soak of a Freight that is still upstream runs until then
 */
export function isFreightAvailable(stage: Stage, record: FreightRecord, now: number): boolean {
  return stage.spec.requestedFreight.some(
    (request) =>
      request.origin.name === record.freight.origin.name &&
      isAvailableBy(request, stage.metadata.name, record, now),
  );
}

function isAvailableBy(
  request: FreightRequest,
  stage: string,
  record: FreightRecord,
  now: number,
): boolean {
  if (Object.hasOwn(record.status.approvedFor, stage)) return true;
  const { direct, stages, availabilityStrategy, requiredSoakTime } = request.sources;
  if (direct) return true;
  const passedIn = (upstream: string): boolean =>
    Object.hasOwn(record.status.verifiedIn, upstream) &&
    (requiredSoakTime === undefined || longestSoak(record, upstream, now) >= requiredSoakTime);
  return availabilityStrategy === 'All' ? stages.every(passedIn) : stages.some(passedIn);
}

/** Milliseconds; it counts from when the Freight became current, not from its verification (facts/observed.md). */
function longestSoak(record: FreightRecord, stage: string, now: number): number {
  const completed = record.status.verifiedIn[stage]?.longestCompletedSoak ?? 0;
  const current = record.status.currentlyIn[stage];
  return Math.max(completed, current === undefined ? 0 : now - current.since);
}
