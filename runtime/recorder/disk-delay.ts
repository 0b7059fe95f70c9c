import type { Histogram } from 'prom-client';

/** While frames wait, one in this many is timed: enough for a p99 of a few frames a second and of thousands. */
const EVERY = 8;
/** Samples that may wait; a disk that hangs must not fill the memory with them. The oldest ones stay. */
const LARGEST_WAITING = 65_536;

interface Sample {
  readonly sequence: number;
  readonly receivedMs: number;
}

/** Measures the time from the receipt of a frame until it is on the medium. */
export class DiskDelay {
  readonly #seconds: Pick<Histogram, 'observe'>;
  readonly #nowMs: () => number;
  #waiting: Sample[] = [];
  #counted = 0;

  /** @param nowMs milliseconds of the monotonic clock by which frames are stamped */
  constructor(seconds: Pick<Histogram, 'observe'>, nowMs: () => number) {
    this.#seconds = seconds;
    this.#nowMs = nowMs;
  }

  /** Milliseconds that the oldest frame that is not on the medium waits already, 0 when none does. */
  get oldestMs(): number {
    const oldest = this.#waiting[0];
    return oldest === undefined ? 0 : Math.max(0, this.#nowMs() - oldest.receivedMs);
  }

  /** The frame received at `receivedMs` is row `sequence` of the archive. Rows come in order. */
  taken(sequence: number, receivedMs: number): void {
    const due = this.#waiting.length === 0 || ++this.#counted % EVERY === 0;
    if (due && this.#waiting.length < LARGEST_WAITING) this.#waiting.push({ sequence, receivedMs });
  }

  /** Every row up to `sequence` is on the medium. */
  synced(sequence: number): void {
    const now = this.#nowMs();
    let done = 0;
    for (const sample of this.#waiting) {
      if (sample.sequence > sequence) break;
      this.#seconds.observe(Math.max(0, now - sample.receivedMs) / 1_000);
      done++;
    }
    this.#waiting.splice(0, done);
  }
}
