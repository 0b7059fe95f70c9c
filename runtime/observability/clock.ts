/** Time as the recorder needs it: a wall clock with microseconds and the process's monotonic clock. */
export interface Clock {
  /** Nanoseconds of the monotonic clock. */
  mono(): bigint;
  /** Microseconds since 1970 at the monotonic moment `mono`, which must be recent. */
  wallMicros(mono: bigint): number;
}

/** How often the wall clock is compared with the system's, which may be stepped or slewed. */
const COMPARE_EVERY_NS = 1_000_000_000n;
/** `Date.now()` has whole milliseconds, so smaller differences are no sign of drift. */
const DRIFT_MICROS = 2_000;

/**
 * The system's clocks. Microseconds come from the monotonic clock on top of an anchor, so that two frames of the same
 * millisecond keep their order; the anchor follows the system's wall clock when that drifts or is set.
 */
export function systemClock(): Clock {
  let anchorMono = process.hrtime.bigint();
  let anchorMicros = Math.round((performance.timeOrigin + performance.now()) * 1000);
  let compared = anchorMono;
  return {
    mono: () => process.hrtime.bigint(),
    wallMicros(mono) {
      const micros = anchorMicros + Math.round(Number(mono - anchorMono) / 1000);
      if (mono - compared < COMPARE_EVERY_NS) return micros;
      compared = mono;
      const system = Date.now() * 1000;
      // The frame was received a moment before now, hence the age of `mono` is taken off.
      const age = Number(process.hrtime.bigint() - mono) / 1000;
      if (Math.abs(system - age - micros) < DRIFT_MICROS) return micros;
      anchorMono = mono;
      anchorMicros = Math.round(system - age);
      return anchorMicros;
    },
  };
}

/** Now, in microseconds since 1970. */
export function nowMicros(clock: Clock): number {
  return clock.wallMicros(clock.mono());
}

let cachedSecond = Number.NaN;
let cachedPrefix = '';

/** `2026-11-21T10:11:12.123456Z` for microseconds since 1970. */
export function formatInstant(micros: number): string {
  const second = Math.floor(micros / 1_000_000);
  if (second !== cachedSecond) {
    cachedSecond = second;
    cachedPrefix = new Date(second * 1000).toISOString().slice(0, 20);
  }
  return `${cachedPrefix}${String(micros - second * 1_000_000).padStart(6, '0')}Z`;
}
