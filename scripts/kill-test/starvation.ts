import { readFileSync } from 'node:fs';

/** How long a process had waited for a processor since its start, at a moment (milliseconds since 1970). */
export interface Wait {
  readonly at: number;
  /** Milliseconds in which its main thread was ready to run and others ran. */
  readonly waitedMs: number;
}

const LOOK_EVERY_MS = 50;

/**
 * Watches how long the kernel lets a process wait for a processor: `run_delay` of its main thread (Linux,
 * `/proc/PID/schedstat`, second field, nanoseconds). Through that thread every frame passes on its way from the socket to
 * the disk, and its clock starts each flush. On other systems nothing is known to have been waited for.
 */
export class Starvation {
  readonly #pid: number;
  readonly #waits: Wait[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#look();
  }

  /** One last look, while the process lives; then all of them, oldest first. */
  stop(): readonly Wait[] {
    clearInterval(this.#timer);
    this.#look();
    return this.#waits;
  }

  /** How much of the time since `from` the process did not wait, as far as is known; milliseconds. */
  givenSince(from: number): number {
    this.#look();
    return Date.now() - from - waitedSince(this.#waits, from);
  }

  #look(): void {
    try {
      const nanoseconds = readFileSync(`/proc/${this.#pid}/schedstat`, 'utf8').split(' ')[1];
      this.#waits.push({ at: Date.now(), waitedMs: Number(nanoseconds) / 1e6 });
    } catch {
      // No Linux, or the process has ended by itself, which its kill will show.
    }
  }
}

/**
 * Milliseconds that were surely waited between `from` and the last look; looks come late where everything does, and what
 * may have been waited before `from` does not count.
 */
export function waitedSince(waits: readonly Wait[], from: number): number {
  const last = waits.at(-1);
  if (last === undefined) return 0;
  const before = waits.findLast(({ at }) => at <= from);
  const after = waits.find(({ at }) => at > from) ?? last;
  // Nobody waits longer than the time that goes by.
  const sinceBefore =
    before === undefined ? 0 : last.waitedMs - before.waitedMs - (from - before.at);
  return Math.max(0, sinceBefore, last.waitedMs - after.waitedMs);
}
