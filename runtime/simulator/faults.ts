/**
 * Faults that are on at the moment, switched by the control endpoint and consulted where frames leave.
 * Each fault is one question asked in one place, so that another is a field here and a line there.
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

  /** Whether data about `tokens` is withheld from connection `number`. */
  withholds(number: number, tokens: readonly string[]): boolean {
    return (
      this.allStalled ||
      this.stalledConnections.has(number) ||
      (this.stalledTokens.size > 0 && tokens.some((token) => this.stalledTokens.has(token)))
    );
  }

  clear(): void {
    this.allStalled = false;
    this.stalledConnections.clear();
    this.stalledTokens.clear();
    this.pongLag = 0;
  }
}
