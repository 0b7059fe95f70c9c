/** Things that happen at moments of simulated time, in the order of their time and then of being planned. */
export class Schedule {
  readonly #heap: Entry[] = [];
  #planned = 0;

  plan(at: number, run: (at: number) => void): void {
    const entry = { at, order: this.#planned++, run };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Runs at most `limit` of the things due until `now`. True when nothing due is left. */
  runUntil(now: number, limit: number): boolean {
    for (let count = 0; ; count++) {
      const first = this.#heap[0];
      if (first === undefined || first.at > now) return true;
      if (count === limit) return false;
      this.#removeFirst();
      first.run(first.at);
    }
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below !== undefined && right !== undefined && before(right, below)) {
        below = right;
        child += 1;
      }
      if (below === undefined || !before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: (at: number) => void;
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
