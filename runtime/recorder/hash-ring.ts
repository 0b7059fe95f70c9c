/** Hexadecimal digits of a hash that are compared: 48 bits, which a double holds exactly. */
const DIGITS = 12;
const FIRST_CAPACITY = 64;
/** Enough for the seconds of a comparison of one token at the feed's peak; older hashes answer no question. */
const LARGEST_CAPACITY = 4_096;

/**
 * The newest hashes that the stream published for one book, and when. Two plain arrays of numbers, because this grows
 * with every frame: as objects it was most of what the collector had to look after. A shortened hash may take two
 * books for the same once in 10^14, which a metric can bear.
 */
export class HashRing {
  #hashes = new Float64Array(FIRST_CAPACITY);
  #times = new Float64Array(FIRST_CAPACITY);
  #next = 0;
  #size = 0;
  #newest = '';

  /** The hash that was added last, or an empty text. */
  get newest(): string {
    return this.#newest;
  }

  /** @param at milliseconds of the monotonic clock, never before the one added last */
  add(hash: string, at: number): void {
    if (this.#size === this.#hashes.length && this.#size < LARGEST_CAPACITY) this.#grow();
    this.#hashes[this.#next] = shortened(hash);
    this.#times[this.#next] = at;
    this.#next = (this.#next + 1) % this.#hashes.length;
    this.#size = Math.min(this.#size + 1, this.#hashes.length);
    this.#newest = hash;
  }

  /** Whether `hash` was the newest at some moment between `from` and `to`: added then, or last before. */
  held(hash: string, from: number, to: number): boolean {
    const wanted = shortened(hash);
    const capacity = this.#hashes.length;
    for (let back = 1; back <= this.#size; back++) {
      const index = (this.#next - back + capacity) % capacity;
      const at = this.#times[index] ?? 0;
      if (at > to) continue;
      if (this.#hashes[index] === wanted) return true;
      if (at < from) return false;
    }
    return false;
  }

  #grow(): void {
    const { length } = this.#hashes;
    const grown = (old: Float64Array) => {
      const larger = new Float64Array(length * 2);
      // Oldest first, so that the next one follows the newest.
      larger.set(old.subarray(this.#next), 0);
      larger.set(old.subarray(0, this.#next), length - this.#next);
      return larger;
    };
    this.#hashes = grown(this.#hashes);
    this.#times = grown(this.#times);
    this.#next = length;
  }
}

/** What is no hexadecimal text becomes NaN, which equals nothing. */
function shortened(hash: string): number {
  return Number.parseInt(hash.slice(0, DIGITS), 16);
}
