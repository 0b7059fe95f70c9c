import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { FaultName } from '../../runtime/simulator/fault-catalogue.ts';
import type { FaultListener } from '../../runtime/simulator/fault-injector.ts';
import { type ScheduledFault, seededSchedule } from '../../runtime/simulator/fault-schedule.ts';
import { type Simulator, startSimulator } from '../../runtime/simulator/simulator.ts';
import { Accounts } from './accounts.ts';
import { FaultTurns } from './fault-turns.ts';
import { Injections } from './injections.ts';
import { Looks } from './looks.ts';
import { Memory } from './memory.ts';
import { RecorderProcess } from './recorder.ts';
import { judge, type SoakResult } from './result.ts';
import { SentLedger } from './sent-frames.ts';
import { recorderSettings, simulatorSettings } from './settings.ts';

export interface SoakOptions {
  readonly durationMs: number;
  /** Ends it once every fault was injected so often, if that is before the duration. */
  readonly rounds: number;
  /** How many times shorter windows and their waiting times are than the real ones. */
  readonly speed: number;
  readonly seed: string;
  /** From the recovery from one fault to the next. */
  readonly calmMs: number;
  readonly faults: readonly FaultName[];
  /** Steps per second of each open market. */
  readonly rate: number;
  readonly memoryLimitBytes: number;
  /** Where archives and the recorder's log stay; a folder that is removed at the end when it is null. */
  readonly keepIn: string | null;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
}

const LOOK_EVERY_MS = 200;
const ACCOUNTS_EVERY_MS = 5_000;
const PROGRESS_EVERY_MS = 15_000;
/** A recorder that does not answer for so many looks, which wait for five seconds each, does not come back. */
const UNANSWERED_LIMIT = 36;
/** Long enough that, under load, the kernel's buffers and the simulator's limit are full. */
const STAND_STILL_MS = 3_000;

/** Records a simulated service that breaks in every way, and settles every frame. Throws `SoakError`. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const folder = options.keepIn ?? (await mkdtemp(join(tmpdir(), 'orderbooks-soak-')));
  const dataRoot = join(folder, 'data');
  await mkdir(dataRoot, { recursive: true });
  try {
    return await soakIn(folder, dataRoot, options);
  } finally {
    if (options.keepIn === null) await rm(folder, { recursive: true, force: true });
  }
}

async function soakIn(folder: string, dataRoot: string, options: SoakOptions): Promise<SoakResult> {
  const ledger = new SentLedger();
  const injections = new Injections();
  let recorder: RecorderProcess | null = null;
  const listener: FaultListener = {
    began(injection) {
      injections.listener.began(injection);
      if (injection.fault === 'load') recorder?.standStill(STAND_STILL_MS);
    },
    ended: (injection, at) => injections.listener.ended(injection, at),
  };
  const simulator = await startSimulator({
    ...simulatorSettings(options),
    ledger: ledger.sink,
    faultListener: listener,
  });
  const startedAt = Date.now();
  const accounts = new Accounts(dataRoot, ledger);
  const memory = new Memory();
  const looks = new Looks();
  try {
    recorder = await RecorderProcess.start(folder, dataRoot, recorderSettings(options, simulator));
    const run = {
      options,
      simulator,
      recorder,
      injections,
      accounts,
      memory,
      looks,
      ledger,
      startedAt,
    };
    await follow(run);
    const exit = await recorder.stop();
    await simulator.close();
    await accounts.look(true);
    return judge({ ...run, exit, endedAt: Date.now() });
  } finally {
    await recorder?.stop();
    await simulator.close();
  }
}

interface Run {
  readonly options: SoakOptions;
  readonly simulator: Simulator;
  readonly recorder: RecorderProcess;
  readonly injections: Injections;
  readonly accounts: Accounts;
  readonly memory: Memory;
  readonly looks: Looks;
  readonly ledger: SentLedger;
  readonly startedAt: number;
}

/** Looks at the recorder until the time or the faults are over, then until it has recovered from the last one. */
async function follow(run: Run): Promise<void> {
  const { options, simulator, recorder, injections, looks } = run;
  const turns = new FaultTurns(faultsOf(options), simulator.injector, injections, options.calmMs);
  const end = run.startedAt + options.durationMs;
  let accountsDue = Date.now() + ACCOUNTS_EVERY_MS;
  let progressDue = Date.now() + PROGRESS_EVERY_MS;
  while (!recorder.ended && !turns.isDone && looks.unanswered < UNANSWERED_LIMIT) {
    const metrics = await recorder.metrics();
    looks.note(metrics !== null, performance.now());
    if (metrics !== null) injections.look(metrics, Date.now());
    run.memory.note(await recorder.memory());
    const now = Date.now();
    if (now >= end || options.signal?.aborted === true) turns.stop();
    turns.step(now);
    if (now >= accountsDue) {
      await run.accounts.look();
      accountsDue = Date.now() + ACCOUNTS_EVERY_MS;
    }
    if (now >= progressDue) {
      options.progress(progressLine(run));
      progressDue = now + PROGRESS_EVERY_MS;
    }
    await wait(LOOK_EVERY_MS);
  }
}

function* faultsOf({ seed, calmMs, faults, rounds }: SoakOptions): Generator<ScheduledFault> {
  let left = rounds * faults.length;
  for (const fault of seededSchedule(seed, calmMs, faults)) {
    if (left-- <= 0) return;
    yield fault;
  }
}

function progressLine({ startedAt, ledger, accounts, injections, memory }: Run): string {
  const { archived, inGaps, missing, foreign, archives } = accounts.totals;
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  const megabytes = Math.round((memory.latest ?? 0) / 1_000_000);
  return `${seconds} s: ${ledger.frames} frames sent; settled in ${archives} archives: ${archived} archived, ${inGaps} in gaps, ${missing} missing, ${foreign} foreign; ${injections.count} faults; recorder ${megabytes} MB`;
}
