import { OrderbooksError } from '../../../runtime/errors.ts';
import type { Emit } from './events.ts';

/** Pace of retries: soon enough for a person who watches, rare enough to cost nothing. */
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 30_000;

/**
 * Work of a controller, one piece per object: asked for twice it runs once more after the running piece, never at the same time.
 * An error is reported as a problem, once per message, and the piece runs again: after a while that doubles, or when something changes.
 */
export class ReconcileQueue {
  readonly #where: string;
  readonly #emit: Emit;
  readonly #reconcile: (key: string) => Promise<void> | void;
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #problems = new Map<string, { readonly message: string; readonly waitMs: number }>();
  #stopped = false;

  constructor(where: string, emit: Emit, reconcile: (key: string) => Promise<void> | void) {
    this.#where = where;
    this.#emit = emit;
    this.#reconcile = reconcile;
  }

  /** Reconciles `key` soon, but never on the caller's stack. */
  add(key: string): void {
    if (this.#stopped || this.#waiting.has(key)) return;
    this.#waiting.add(key);
    if (!this.#running.has(key)) this.#start(key);
  }

  /** Reconciles `key` after a time, for what no event announces. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.add(key);
    }, milliseconds);
    this.#timers.add(timer);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #start(key: string): void {
    const run = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => {
        this.#waiting.delete(key);
        if (!this.#stopped) return this.#reconcile(key);
        return undefined;
      })
      .then(
        () => {
          this.#problems.delete(key);
        },
        (cause: unknown) => this.#report(key, cause),
      )
      .finally(() => {
        this.#running.delete(key);
        if (this.#waiting.has(key)) this.#start(key);
      });
    this.#running.set(key, run);
  }

  #report(key: string, cause: unknown): void {
    const message = cause instanceof OrderbooksError ? cause.message : String(cause);
    const before = this.#problems.get(key);
    const waitMs =
      before === undefined ? FIRST_RETRY_MS : Math.min(LONGEST_RETRY_MS, before.waitMs * 2);
    this.#problems.set(key, { message, waitMs });
    this.addAfter(key, waitMs);
    if (before?.message === message) return;
    this.#emit({ type: 'problem', where: `${this.#where} ${key}`, message });
  }
}
