import type { FaultName, ParametersOf } from './fault-catalogue.ts';

/**
 * Faults that are on at the moment, switched by the control endpoint or a schedule and consulted where frames leave
 * and requests are answered. Each is one question asked in one place.
 */
export class Faults {
  /** Every connection is silent: PONG is still answered. */
  allStalled = false;
  /** Numbers of silent connections. */
  readonly stalledConnections = new Set<number>();
  /** Tokens of which nothing is delivered on any connection. */
  readonly stalledTokens = new Set<string>();
  /** Milliseconds by which PONG is late, beyond the frames it waits behind. */
  pongLag = 0;
  /** Price changes that are still to be lost. */
  changesToLose = 0;
  readonly #on = new Map<FaultName, unknown>();

  /** Parameters of a fault that is on, null while it is off. */
  active<Name extends FaultName>(name: Name): ParametersOf<Name> | null {
    return (this.#on.get(name) as ParametersOf<Name> | undefined) ?? null;
  }

  names(): FaultName[] {
    return [...this.#on.keys()];
  }

  switchOn(name: FaultName, parameters: unknown): void {
    this.#on.set(name, parameters);
  }

  switchOff(name: FaultName): void {
    this.#on.delete(name);
  }

  /** Whether data about `tokens` is withheld from connection `number`. */
  withholds(number: number, tokens: readonly string[]): boolean {
    return (
      this.allStalled ||
      this.stalledConnections.has(number) ||
      (this.stalledTokens.size > 0 && tokens.some((token) => this.stalledTokens.has(token)))
    );
  }

  /** True for an event that is to be lost; it then counts as lost. */
  loses(json: string): boolean {
    if (this.changesToLose === 0 || !json.includes('"price_change"')) return false;
    this.changesToLose -= 1;
    return true;
  }

  clear(): void {
    this.allStalled = false;
    this.stalledConnections.clear();
    this.stalledTokens.clear();
    this.pongLag = 0;
    this.changesToLose = 0;
    this.#on.clear();
  }
}
