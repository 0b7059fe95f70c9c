import { cpus } from 'node:os';
import { FAULT_NAMES } from '../../runtime/simulator/fault-catalogue.ts';
import type { Accounts, Totals } from './accounts.ts';
import type { FaultSummary, Injections, Spread } from './injections.ts';
import type { Looks } from './looks.ts';
import type { Memory } from './memory.ts';
import type { SentLedger } from './sent-frames.ts';
import type { SoakOptions } from './soak.ts';

export interface SoakResult {
  readonly passed: boolean;
  /** Why it did not pass, one a line. */
  readonly failures: readonly string[];
  readonly command: string;
  readonly machine: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly speed: number;
  readonly seed: string;
  readonly framesSent: number;
  readonly totals: Totals;
  readonly memory: { readonly maximumBytes: number | null; readonly growth: number | null };
  /** Milliseconds between looks at the recorder. */
  readonly looks: Spread | null;
  readonly exit: { readonly code: number | null; readonly signal: string | null };
  readonly faults: readonly FaultSummary[];
}

/** Memory of the last quarter over that of the second one; more is a leak. Short runs have not warmed up. */
const GROWTH_LIMIT = 1.5;
const GROWTH_JUDGED_FROM_MS = 600_000;

export function judge(run: {
  readonly options: SoakOptions;
  readonly injections: Injections;
  readonly accounts: Accounts;
  readonly memory: Memory;
  readonly looks: Looks;
  readonly ledger: SentLedger;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly exit: SoakResult['exit'];
}): SoakResult {
  const { options, injections, memory, exit, ledger } = run;
  const { totals } = run.accounts;
  const faults = injections.summaries();
  const { maximum, growth } = memory;
  const failures = [
    ...totals.problems,
    ...(totals.missing > 0 ? [`${totals.missing} frames are neither archived nor in a gap`] : []),
    ...(totals.foreign > 0 ? [`${totals.foreign} archived frames were not sent so`] : []),
    ...(totals.sent === 0 ? ['nothing was sent: this proves nothing'] : []),
    ...(exit.code === 0 ? [] : [`the recorder ended with ${JSON.stringify(exit)}, not code 0`]),
    ...(faults.length === 0 && options.faults.length > 0 ? ['no fault was injected'] : []),
    ...faults.flatMap(failuresOf),
    ...((maximum ?? 0) > options.memoryLimitBytes
      ? [`the recorder took ${maximum} bytes, more than ${options.memoryLimitBytes}`]
      : []),
    ...(options.durationMs >= GROWTH_JUDGED_FROM_MS && (growth ?? 0) > GROWTH_LIMIT
      ? [`the recorder's memory grew by a factor of ${growth?.toFixed(2)}`]
      : []),
  ];
  return {
    passed: failures.length === 0,
    failures,
    command: commandOf(options),
    machine: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.version}`,
    startedAt: new Date(run.startedAt).toISOString(),
    durationMs: run.endedAt - run.startedAt,
    speed: options.speed,
    seed: options.seed,
    framesSent: ledger.frames,
    totals,
    memory: { maximumBytes: maximum, growth },
    looks: run.looks.spread,
    exit,
    faults,
  };
}

function commandOf(options: SoakOptions): string {
  const { durationMs, speed, seed, calmMs, rate, faults, rounds } = options;
  const times = Number.isFinite(rounds) ? ` --rounds ${rounds}` : '';
  const only = faults.length === FAULT_NAMES.length ? '' : ` --faults ${faults.join(',')}`;
  return `npm run soak -- --duration ${durationMs}ms --speed ${speed} --seed ${seed} --calm ${calmMs}ms --rate ${rate}${times}${only}`;
}

function failuresOf({ fault, shows, injected, detected, recovered }: FaultSummary): string[] {
  const unseen = shows === 'always' && detected < injected;
  return [
    ...(unseen ? [`${fault}: ${injected - detected} of ${injected} did not show`] : []),
    ...(recovered < injected
      ? [`${fault}: ${injected - recovered} of ${injected} not recovered`]
      : []),
  ];
}
