import type { RunManifest } from '../archive/manifest.ts';
import type { Stream } from '../archive/row.ts';
import type { ArchiveReport, InspectReport } from '../inspector/report.ts';
import type { CheckOutcome } from './check.ts';
import type { Replacement } from './facts.ts';
import { archivesOfRuns, runsOfPod } from './inspection.ts';
import { firstFew, ofStream } from './judged-archives.ts';
import { judged } from './outcome.ts';

export interface RestartScope {
  readonly component: RunManifest['component'];
  /** What the component must have closed. */
  readonly stream: Stream;
  /** Only archives of `stream` were looked at again; otherwise all. */
  readonly only: boolean;
}

/** Judges a provoked restart: closed archives are as they were, or the first one was closed on SIGTERM. */
export function judgeRestart(
  before: InspectReport,
  restart: Replacement,
  after: InspectReport,
  { component, stream, only }: RestartScope,
): CheckOutcome {
  const prior = only ? ofStream(before.archives, stream) : before.archives;
  const later = new Map(after.archives.map((archive) => [archive.path, archive]));
  const changed = prior.flatMap((archive) => difference(archive, later.get(archive.path)));
  const oldRuns = [
    ...runsOfPod(before, restart.old.name, component),
    ...runsOfPod(after, restart.old.name, component),
  ];
  const closedBefore = archivesOfRuns(before, oldRuns).some((archive) => archive.stream === stream);
  if (closedBefore) {
    return judged(
      `${prior.length} archives closed before ${restart.deletedAt.toISOString()} with the same sha256, rows and bytes after the restart`,
      `${prior.length - changed.length} of ${prior.length} unchanged`,
      changed.length === 0 ? [] : [firstFew(changed)],
      `pod ${restart.old.name} was deleted, ${restart.replacement.name} came, and no closed archive changed`,
    );
  }
  const known = new Set(prior.map((archive) => archive.path));
  const atShutdown = archivesOfRuns(after, oldRuns).filter(
    (archive) =>
      !known.has(archive.path) && archive.stream === stream && archive.close_reason === 'shutdown',
  );
  const faults = atShutdown.flatMap(broken);
  if (atShutdown.length === 0) {
    faults.push(`pod ${restart.old.name} left no ${stream} archive that it closed on SIGTERM`);
  }
  return judged(
    `none was closed before the restart, so ≥ 1 whole ${stream} archive with close_reason shutdown of pod ${restart.old.name}`,
    `${atShutdown.length} such archives; ${prior.length - changed.length} of ${prior.length} other archives unchanged`,
    [...faults, ...changed].length === 0 ? [] : [firstFew([...faults, ...changed])],
    'the archive was closed when its writer was told to stop',
  );
}

function difference(before: ArchiveReport, after: ArchiveReport | undefined): string[] {
  if (after === undefined) return [`${before.path} is gone`];
  const parts = (['sha256', 'rows', 'bytes'] as const).filter(
    (part) => before[part] !== after[part],
  );
  return parts.length === 0
    ? []
    : [
        `${before.path} changed: ${parts.map((part) => `${part} ${before[part]} → ${after[part]}`).join(', ')}`,
      ];
}

/** Why an archive that a restart left is not whole; empty if it is. */
export function broken(archive: ArchiveReport): string[] {
  if (!archive.complete) return [`${archive.path} is not complete: ${archive.errors.join(', ')}`];
  return archive.manifest === 'match' ? [] : [`${archive.path}: manifest ${archive.manifest}`];
}
