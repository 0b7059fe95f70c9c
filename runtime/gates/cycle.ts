import type { CycleManifest } from '../archive/manifest.ts';
import type { InspectReport } from '../inspector/report.ts';

/** A cycle that failed is not the last word while the next one may already be under way: only ended cycles count. */
export function endedCycles(report: InspectReport): readonly CycleManifest[] {
  return report.cycle_manifests
    .filter((cycle) => cycle.state !== 'running')
    .toSorted((a, b) => (a.started_at < b.started_at ? -1 : 1));
}

/** The cycle that began last of those that ended, of whatever pod. */
export function latestCycle(report: InspectReport): CycleManifest | null {
  return endedCycles(report).at(-1) ?? null;
}

/** Why a cycle does not count as one that went well on `imageDigest`; empty if it does. */
export function cycleFaults(cycle: CycleManifest, imageDigest: string): readonly string[] {
  const found: string[] = [];
  const name = `cycle ${cycle.cycle_id}`;
  if (cycle.state !== 'completed') found.push(`${name} is ${cycle.state}`);
  if (cycle.gate_status !== 'PASS') {
    found.push(`${name}: gate_status ${cycle.gate_status} (${cycle.reason ?? 'no reason given'})`);
  }
  if (!(cycle.rows_written > 0)) found.push(`${name} wrote ${cycle.rows_written} rows`);
  if (cycle.failure_count !== 0) {
    found.push(`${name} has ${cycle.failure_count} failures: ${cycle.failures.join(', ')}`);
  }
  if (!cycle.image.endsWith(imageDigest)) {
    found.push(`${name} was written by ${cycle.image || 'an unnamed image'}`);
  }
  return found;
}

export function describeCycle(cycle: CycleManifest | null): string {
  return cycle === null
    ? 'no cycle that ended'
    : `cycle ${cycle.cycle_id} of pod ${cycle.pod}: ${cycle.gate_status}, ${cycle.rows_written} rows written, ${cycle.failure_count} failures, ended ${cycle.finished_at ?? 'never'}`;
}
