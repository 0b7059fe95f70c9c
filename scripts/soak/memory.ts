/** The recorder's resident memory over time, in bytes. */
export class Memory {
  readonly #samples: number[] = [];

  note(bytes: number | null): void {
    if (bytes !== null) this.#samples.push(bytes);
  }

  get latest(): number | null {
    return this.#samples.at(-1) ?? null;
  }

  get maximum(): number | null {
    return this.#samples.reduce<number | null>((most, bytes) => Math.max(most ?? 0, bytes), null);
  }

  /** Median of the last quarter over that of the second: 1 when memory is flat once everything is warm. */
  get growth(): number | null {
    const quarter = Math.floor(this.#samples.length / 4);
    if (quarter === 0) return null;
    const second = median(this.#samples.slice(quarter, 2 * quarter));
    return second === 0 ? null : median(this.#samples.slice(-quarter)) / second;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
