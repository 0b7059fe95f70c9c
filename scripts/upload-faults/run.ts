import { directoryFaults } from './directory-faults.ts';
import type { Family } from './outcome.ts';
import { Random } from './random.ts';
import { killFaults, rcloneFaults } from './rclone-faults.ts';
import { s3Faults } from './s3-faults.ts';

export interface FaultRun {
  readonly count: number;
  readonly seed: number;
  /** Path of the real rclone, or null: then only what needs none is done. */
  readonly rclone: string | null;
  /** So many data roots of each family are worked on at the same time. */
  readonly workers: number;
  readonly onInjection?: (done: number, text: string) => void;
}

export interface FaultResult {
  readonly injected: number;
  /** By family and by what the fault was. */
  readonly faults: ReadonlyMap<string, number>;
  /** How the uploader's runs ended. */
  readonly ends: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  /** Archives that were not uploaded and deleted after the last run without a fault. */
  readonly unfinished: readonly string[];
}

/** Of every twenty faults so many go to each family: those with processes cost a hundred times more. */
const SHARES = { kill: 2, rclone: 3, s3: 3, directory: 12 } as const;
/** So often a run without a fault must put everything right. */
const RECOVER_EVERY = 5;

/**
 * Injects `count` faults, judges the data root and the remote after each, and lets runs without faults finish the work.
 * The families work beside each other, each with a data root and numbers of its own.
 */
export async function injectFaults(options: FaultRun): Promise<FaultResult> {
  const workers = Array.from({ length: options.workers }, (_, index) => index);
  const families = (
    await Promise.all(workers.map((worker) => openFamilies(options, options.seed + worker * 10)))
  ).flat();
  const whole = families.reduce((sum, { share }) => sum + share, 0);
  const tally = new Tally(options.onInjection);
  try {
    await Promise.all(
      families.map(({ family, share }) =>
        injectInto(family, Math.max(1, Math.round((options.count * share) / whole)), tally),
      ),
    );
  } finally {
    for (const { family } of families) await family.close();
  }
  return tally.result();
}

async function injectInto(family: Family, times: number, tally: Tally): Promise<void> {
  for (let turn = 1; turn <= times; turn++) {
    const { fault, ended } = await family.inject();
    tally.injected(family.name, fault, ended);
    tally.violated(await family.violations(), `${family.name}: after ${fault} (${ended})`);
    if (turn % RECOVER_EVERY !== 0 && turn !== times) continue;
    await family.recover();
    // What a spoilt copy stopped in the first run is uploaded again in the second.
    await family.recover();
    tally.left(await family.unfinished(), `${family.name}: after ${fault}`);
  }
}

class Tally {
  readonly #onInjection: FaultRun['onInjection'];
  readonly #faults = new Map<string, number>();
  readonly #ends = new Map<string, number>();
  readonly #violations = new Set<string>();
  readonly #unfinished = new Set<string>();
  #injected = 0;

  constructor(onInjection: FaultRun['onInjection']) {
    this.#onInjection = onInjection;
  }

  injected(family: string, fault: string, ended: string): void {
    count(this.#faults, `${family}: ${fault.replace(/,? (at )?call \d+$/, '')}`);
    count(this.#ends, `${family}: ${ended.replace(/^threw .*/s, 'threw')}`);
    this.#injected++;
    this.#onInjection?.(this.#injected, `${family}: ${fault}: ${ended}`);
  }

  violated(found: readonly string[], when: string): void {
    for (const what of found) this.#violations.add(this.#told(`VIOLATION ${when}: ${what}`));
  }

  left(found: readonly string[], when: string): void {
    for (const what of found) this.#unfinished.add(this.#told(`UNFINISHED ${when}: ${what}`));
  }

  #told(text: string): string {
    this.#onInjection?.(this.#injected, text);
    return text;
  }

  result(): FaultResult {
    return {
      injected: this.#injected,
      faults: this.#faults,
      ends: this.#ends,
      violations: [...this.#violations],
      unfinished: [...this.#unfinished],
    };
  }
}

async function openFamilies({ rclone }: FaultRun, seed: number) {
  const families: { readonly family: Family; readonly share: number }[] = [
    { family: await directoryFaults(new Random(seed)), share: SHARES.directory },
  ];
  if (rclone !== null) {
    families.push(
      { family: await s3Faults(new Random(seed + 1), rclone), share: SHARES.s3 },
      { family: await rcloneFaults(new Random(seed + 2), rclone), share: SHARES.rclone },
      { family: await killFaults(new Random(seed + 3), rclone), share: SHARES.kill },
    );
  }
  return families;
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
