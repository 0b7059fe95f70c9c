import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { duration } from '../config/schema.ts';
import { OrderbooksError } from '../errors.ts';
import { messageOf } from '../thrown.ts';
import type { Clock, Timer } from './clock.ts';
import { FAULT_NAMES, FAULTS, type FaultKind, type FaultName } from './fault-catalogue.ts';
import { type FaultInjector, parseFault } from './fault-injector.ts';
import { randomOf } from './random.ts';

/** A fault at a moment. Milliseconds; `at` counts from the start of the simulator. */
export interface ScheduledFault {
  readonly at: number;
  readonly fault: FaultName;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Null for acts, and for states that last until they are ended. */
  readonly forMs: number | null;
}

/** Before the first fault of a seeded schedule, so that clients are there. */
const FIRST_AFTER_MS = 5_000;
const SEED = 'seed:';

/**
 * What `--schedule` names: `seed:TEXT` for a schedule without end, anything else a YAML or JSON file with a list of
 * `{at: 10s, fault: stall, for: 5s, with: {…}}`. Throws SIMULATOR_SCHEDULE_INVALID.
 */
export async function faultSchedule(
  text: string,
  calmMs: number,
): Promise<Iterable<ScheduledFault>> {
  if (text.startsWith(SEED)) return seededSchedule(text.slice(SEED.length), calmMs);
  try {
    return parseSchedule(parse(await readFile(text, 'utf8')));
  } catch (cause) {
    const seen = messageOf(cause);
    throw new OrderbooksError(
      'SIMULATOR_SCHEDULE_INVALID',
      `expected ${text} to be a list of {at, fault, for, with}, or seed:TEXT; ${seen}`,
      { cause },
    );
  }
}

const entries = z.array(
  z.strictObject({
    at: duration,
    fault: z.string(),
    for: duration.optional(),
    with: z.record(z.string(), z.unknown()).optional(),
  }),
);

export function parseSchedule(value: unknown): ScheduledFault[] {
  const parsed = entries.safeParse(value);
  if (!parsed.success)
    throw new OrderbooksError('SIMULATOR_SCHEDULE_INVALID', z.prettifyError(parsed.error));
  return parsed.data
    .map((entry) => ({
      at: entry.at,
      ...parseFault(entry.fault, entry.with),
      forMs: entry.for ?? null,
    }))
    .toSorted((one, other) => one.at - other.at);
}

/**
 * Every fault once in an order drawn from the seed, then again in another order, without end. After each fault is over
 * the service behaves for `calmMs`, so that what follows from it can be told apart. The same seed, calm and `names`
 * give the same schedule.
 */
export function* seededSchedule(
  seed: string,
  calmMs: number,
  names: readonly FaultName[] = FAULT_NAMES,
): Generator<ScheduledFault> {
  const random = randomOf(`${seed}/faults`);
  let at = FIRST_AFTER_MS;
  for (;;) {
    const left = [...names];
    while (left.length > 0) {
      const [fault] = left.splice(random.integer(0, left.length - 1), 1);
      if (fault === undefined) break;
      const { typical }: FaultKind = FAULTS[fault];
      const { parameters } = parseFault(fault, typical.parameters);
      yield { at, fault, parameters, forMs: typical.forMs === 0 ? null : typical.forMs };
      at += typical.forMs + calmMs;
    }
    if (names.length === 0) return;
  }
}

/** Injects what is scheduled, when it is due. Returns what ends it. */
export function runSchedule(
  schedule: Iterable<ScheduledFault>,
  injector: FaultInjector,
  clock: Clock,
): () => void {
  const start = clock.now();
  const coming = schedule[Symbol.iterator]();
  let timer: Timer | null = null;
  const planNext = () => {
    const { value, done } = coming.next();
    if (done === true) return;
    const { at, fault, parameters, forMs } = value;
    timer = clock.after(start + at - clock.now(), () => {
      injector.inject(fault, parameters, forMs);
      planNext();
    });
  };
  planNext();
  return () => timer?.cancel();
}
