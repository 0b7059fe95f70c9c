/** What the simulator says it sent on one connection. A digest is any text that stands for a frame. */
export interface SentFrames {
  readonly digests: readonly string[];
  /** Frames that left the process; those behind it were never sent. Null while the connection is open. */
  readonly flushed: number | null;
}

/** What a recorder's archives hold of one connection. */
export interface RecordedFrames {
  readonly digests: readonly string[];
  /** A gap at its end says that frames may be lost. */
  readonly endedByGap: boolean;
  /** Frames that `overflow` gaps count as received and not kept. */
  readonly overflowed: number;
}

/** Every frame sent is in exactly one of `archived`, `inGaps` and `missing`. */
export interface Settlement {
  readonly sent: number;
  readonly archived: number;
  readonly inGaps: number;
  readonly missing: number;
  /** Archived frames that nobody sent, or that stand there more often or in another order than they were sent. */
  readonly foreign: number;
}

/**
 * The connection that holds most of the recorded frames in the same order, if it holds more than half of them; of those
 * that hold as many the one that holds fewest others between them. Connections that are open at the same time carry the
 * same changes.
 */
export function matchingConnection<Sent extends SentFrames>(
  candidates: Iterable<Sent>,
  recorded: RecordedFrames,
): Sent | null {
  let best: ({ readonly sent: Sent } & Alignment) | null = null;
  for (const sent of candidates) {
    const { found, until } = align(sent, recorded);
    const most: number = best?.found ?? 0;
    const isTighter = found === most && best !== null && until < best.until;
    if (found > most || isTighter) best = { sent, found, until };
    if (found === recorded.digests.length && until === found) break;
  }
  // Less than half is a coincidence: PONG and short books look alike everywhere.
  return best !== null && best.found * 2 > recorded.digests.length ? best.sent : null;
}

/**
 * Settles what was sent on a connection with what was archived of it. What lacks between archived frames is explained
 * only by overflow gaps, and only as many frames as they count; what lacks at the end only by a gap there.
 */
export function settle(sent: SentFrames, recorded: RecordedFrames): Settlement {
  const { found, until } = align(sent, recorded);
  const total = Math.max(until, sent.flushed ?? sent.digests.length);
  const tail = total - until;
  const inside = until - found;
  const overflowed = Math.min(inside, recorded.overflowed);
  const inGaps = overflowed + (recorded.endedByGap ? tail : 0);
  return {
    sent: total,
    archived: found,
    inGaps,
    missing: total - found - inGaps,
    foreign: recorded.digests.length - found,
  };
}

interface Alignment {
  /** Recorded frames that were sent, in the same order. */
  readonly found: number;
  /** Frames sent up to the last one found. */
  readonly until: number;
}

function align(sent: SentFrames, recorded: RecordedFrames): Alignment {
  const known = new Set(sent.digests);
  let found = 0;
  let until = 0;
  for (const digest of recorded.digests) {
    const at = known.has(digest) ? sent.digests.indexOf(digest, until) : -1;
    if (at < 0) continue;
    found++;
    until = at + 1;
  }
  return { found, until };
}
