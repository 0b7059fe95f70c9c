import { AsyncLocalStorage } from 'node:async_hooks';

/** One thing that was changed, such as `Namespace orderbooks-canary` and `created`. */
export interface MadeChange {
  readonly object: string;
  readonly change: string;
}

const listening = new AsyncLocalStorage<MadeChange[]>();

/**
 * Says that something was changed. Where a step fails after that, it is reported with it: whoever changes a cluster or a
 * forge in several requests notes each that went well.
 */
export function noteChange(made: MadeChange): void {
  listening.getStore()?.push(made);
}

/** Runs `act`; what is noted meanwhile is added to `to`, however it ends. */
export function notingChanges<T>(to: MadeChange[], act: () => Promise<T>): Promise<T> {
  return listening.run(to, act);
}

/** For a person: `Namespace orderbooks-canary created, Namespace orderbooks created`. */
export function changesText(made: readonly MadeChange[]): string {
  return made.map(({ object, change }) => `${object} ${change}`).join(', ');
}
