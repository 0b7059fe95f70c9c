import { type Clock, systemClock } from '../../../runtime/observability/clock.ts';

/** How far a clock is ahead of the system's, in milliseconds: its wall clock, and its monotonic one. */
export interface Jump {
  wallMs: number;
  monoMs: number;
}

/** The system's clocks, which a test sets ahead at any moment. */
export function jumpingClock(): { readonly clock: Clock; readonly jump: Jump } {
  const real = systemClock();
  const jump = { wallMs: 0, monoMs: 0 };
  const ahead = () => BigInt(jump.monoMs) * 1_000_000n;
  const clock: Clock = {
    mono: () => real.mono() + ahead(),
    wallMicros: (mono) => real.wallMicros(mono - ahead()) + jump.wallMs * 1_000,
  };
  return { clock, jump };
}
