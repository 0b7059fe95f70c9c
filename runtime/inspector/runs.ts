import type { ArchiveManifest } from '../archive/manifest.ts';
import type { ArchiveInspection } from './archive-inspection.ts';
import type { InspectReport } from './report.ts';
import { type ConnectionSpan, describeBreak } from './sequences.ts';

type RunReport = InspectReport['runs'][number];

/** A segment as the join sees it: read, or known from its manifest. */
interface Link {
  readonly segment: number;
  readonly frames: number;
  readonly firstSequence: number | null;
  readonly lastSequence: number | null;
  readonly connections: ReadonlyMap<string, ConnectionSpan>;
  readonly read: boolean;
}

export interface JoinedRuns {
  readonly runs: RunReport[];
  /** The breaks in words. */
  readonly problems: readonly string[];
}

/**
 * Joins the archives of each run and stream, oldest run first. `unread` are manifests of segments that were not read
 * (older than asked for, or deleted after their upload) and say what was between those that were.
 */
export function joinRuns(
  inspections: readonly ArchiveInspection[],
  unread: readonly ArchiveManifest[],
): JoinedRuns {
  const groups = new Map<string, { runId: string; stream: RunReport['stream']; links: Link[] }>();
  for (const { report, segment, connections } of inspections) {
    if (report.run_id === null) continue;
    const key = `${report.run_id} ${report.stream}`;
    const group = groups.get(key) ?? { runId: report.run_id, stream: report.stream, links: [] };
    group.links.push({
      segment,
      frames: report.frames,
      firstSequence: report.first_sequence,
      lastSequence: report.last_sequence,
      connections,
      read: true,
    });
    groups.set(key, group);
  }
  for (const manifest of unread) {
    const group = groups.get(`${manifest.run_id} ${manifest.stream}`);
    if (group?.links.some((link) => link.segment === manifest.segment)) continue;
    group?.links.push(linkOf(manifest));
  }
  const problems: string[] = [];
  const runs = [...groups.values()].map(({ runId, stream, links }) => {
    const joined = join(links.toSorted((a, b) => a.segment - b.segment));
    const all = [...joined.sequence, ...joined.connection];
    problems.push(...all.map((what) => `run ${runId} ${stream}: ${what}`));
    return {
      run_id: runId,
      stream,
      segments: links.filter((link) => link.read).length,
      frames: links.reduce((sum, link) => sum + (link.read ? link.frames : 0), 0),
      sequence_breaks: joined.sequence.length,
      connection_sequence_breaks: joined.connection.length,
    };
  });
  return { runs, problems };
}

function linkOf(manifest: ArchiveManifest): Link {
  return {
    segment: manifest.segment,
    frames: manifest.frames,
    firstSequence: manifest.first_sequence,
    lastSequence: manifest.last_sequence,
    connections: new Map(
      manifest.connections.map((connection) => [
        connection.connection_id,
        {
          frames: { first: connection.first_sequence, last: connection.last_sequence },
          // A manifest does not say where its gaps were, so every frame that is missing may be one of theirs.
          lostBefore: manifest.gaps > 0 ? Number.MAX_SAFE_INTEGER : 0,
          lostAfter: manifest.gaps > 0 ? Number.MAX_SAFE_INTEGER : 0,
        },
      ]),
    ),
    read: false,
  };
}

function join(links: readonly Link[]): { sequence: string[]; connection: string[] } {
  const found = { sequence: [] as string[], connection: [] as string[] };
  const connections = new Map<string, { readonly last: number; readonly lostAfter: number }>();
  let last: number | null = links[0]?.segment === 1 ? -1 : null;
  for (const link of links) {
    const at = (text: string | null) => (text === null ? [] : [`segment ${link.segment}: ${text}`]);
    if (link.firstSequence !== null && last !== null) {
      found.sequence.push(...at(describeBreak('sequence', link.firstSequence, last, 0)));
    }
    last = link.lastSequence ?? last;
    for (const [id, span] of link.connections) {
      // A connection that nobody saw before starts at 0, if this is not the middle of the run.
      const before = connections.get(id) ?? (links[0]?.segment === 1 ? BEFORE_THE_FIRST : null);
      const lost = (before?.lostAfter ?? 0) + span.lostBefore;
      if (span.frames === null) {
        if (before !== null) connections.set(id, { ...before, lostAfter: lost + span.lostAfter });
        continue;
      }
      const text = describeBreak(
        `connection ${id}: frame`,
        span.frames.first,
        before?.last ?? null,
        lost,
      );
      found.connection.push(...at(text));
      connections.set(id, { last: span.frames.last, lostAfter: span.lostAfter });
    }
  }
  return found;
}

const BEFORE_THE_FIRST = { last: -1, lostAfter: 0 };
