/**
 * The third connection of the slot `ws1` is called `ws1-3` and has everything that is subscribed; the second one that was
 * opened beside it, for some tokens alone, is called `ws1~2`.
 */
export function besideId(slot: string, number: number): string {
  return `${slot}~${number}`;
}

/** True for a connection that had some tokens only: that it was open says nothing about the others. */
export function isBeside(connectionId: string): boolean {
  return connectionId.includes('~');
}
