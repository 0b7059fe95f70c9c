import { messageOf } from '../../runtime/thrown.ts';
/** Ends what was started, in reverse order, whatever happened; every failure to end something is reported at the end. */
export class Cleanup {
  readonly #acts: { readonly what: string; readonly act: () => Promise<void> }[] = [];

  /** Registers how to end `what`. */
  add(what: string, act: () => Promise<void>): void {
    this.#acts.push({ what, act });
  }

  /** Ends everything; returns what could not be ended, in words. A second call finds nothing left to do. */
  async run(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (let next = this.#acts.pop(); next !== undefined; next = this.#acts.pop()) {
      try {
        await next.act();
      } catch (error) {
        failures.push(`${next.what}: ${messageOf(error)}`);
      }
    }
    return failures;
  }
}
