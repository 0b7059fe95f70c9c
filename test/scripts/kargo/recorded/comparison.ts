import { differences } from './placeholders.ts';

/** Collects what differs between a recording and its replay. */
export class Comparison {
  readonly #bindings: Map<string, string>;
  readonly #differences: string[] = [];
  #compared = 0;

  /** `bindings`: what placeholders stand for so far. */
  constructor(bindings: Map<string, string>) {
    this.#bindings = bindings;
  }

  compare(what: string, expected: unknown, actual: unknown): void {
    if (!isEmptyList(expected) || !isEmptyList(actual)) this.happened();
    for (const difference of differences(expected, actual, this.#bindings)) {
      this.note(`${what}${difference}`);
    }
  }

  /** Something could have differed. */
  happened(): void {
    this.#compared += 1;
  }

  note(difference: string): void {
    this.#differences.push(difference);
  }

  /** A case of which nothing was compared does not agree. */
  result(): readonly string[] {
    return this.#compared === 0
      ? [...this.#differences, 'nothing was compared']
      : this.#differences;
  }
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
