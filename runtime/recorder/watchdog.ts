/** What a connection has and has not shown, in milliseconds. */
export interface Quiet {
  readonly sinceSubscribedMs: number;
  /** Since the last frame of any kind, PONG included. */
  readonly sinceFrameMs: number;
  /** Since the last frame with market data; PONG is none. */
  readonly sinceDataMs: number;
  /** Something other than PONG came since the subscription, or there is no subscription. */
  readonly answered: boolean;
  /** For how long the window of a subscribed token has been open; null when none is. */
  readonly windowOpenForMs: number | null;
}

export interface QuietLimits {
  readonly firstMessageTimeout: number;
  readonly silenceTimeout: number;
  readonly pingInterval: number;
}

/** PONG may lag 11.4 s behind data (facts/polymarket.md §3), but then data flows: three missed pings mean a dead peer. */
const MISSED_PINGS = 3;

/** Why a connection must be replaced, in words, or null while it need not. */
export function silenceOf(quiet: Quiet, limits: QuietLimits): string | null {
  if (!quiet.answered && quiet.sinceSubscribedMs >= limits.firstMessageTimeout) {
    return `no first message within ${limits.firstMessageTimeout} ms of subscribing`;
  }
  const dataOwedForMs = Math.min(quiet.sinceDataMs, quiet.windowOpenForMs ?? 0);
  if (dataOwedForMs >= limits.silenceTimeout) {
    return `no market data for ${limits.silenceTimeout} ms while a window is open`;
  }
  const deadAfter = Math.max(MISSED_PINGS * limits.pingInterval, limits.silenceTimeout);
  if (quiet.sinceFrameMs >= deadAfter) {
    return `no frame at all for ${deadAfter} ms, not even PONG: the connection is half-open`;
  }
  return null;
}

/** How often to look, in milliseconds: often enough for the shortest limit, seldom enough to cost nothing. */
export function watchInterval(limits: QuietLimits): number {
  const shortest = Math.min(limits.pingInterval, limits.firstMessageTimeout, limits.silenceTimeout);
  return Math.min(Math.max(Math.round(shortest / 5), 10), 1_000);
}
