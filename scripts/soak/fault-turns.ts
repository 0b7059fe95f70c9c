import type { FaultInjector, Injection } from '../../runtime/simulator/fault-injector.ts';
import type { ScheduledFault } from '../../runtime/simulator/fault-schedule.ts';
import { breaksOpenConnections, type Injections } from './injections.ts';

interface Turn {
  readonly injection: Injection;
  /** A state is on at least so long; null for an act. */
  readonly forMs: number | null;
  isOn: boolean;
  /** When the recorder had recovered. */
  overAt: number | null;
}

/**
 * Injects one fault after the other, each when the recorder has recovered from the one before. Nothing here is due at a
 * time: a state that must show stays on until it does, or patience is over, so that a machine on which everything takes
 * ten times as long has fewer faults and not other verdicts.
 */
export class FaultTurns {
  readonly #coming: Iterator<ScheduledFault>;
  readonly #injector: Pick<FaultInjector, 'inject' | 'end'>;
  readonly #injections: Injections;
  readonly #calmMs: number;
  #next: ScheduledFault | null;
  #turn: Turn | null = null;

  /** @param calmMs least time between the recovery from one fault and the next one */
  constructor(
    schedule: Iterable<ScheduledFault>,
    injector: Pick<FaultInjector, 'inject' | 'end'>,
    injections: Injections,
    calmMs: number,
  ) {
    this.#coming = schedule[Symbol.iterator]();
    this.#injector = injector;
    this.#injections = injections;
    this.#calmMs = calmMs;
    this.#next = this.#take();
  }

  /** Nothing is on or unrecovered, and nothing comes. */
  get isDone(): boolean {
    return this.#next === null && (this.#turn === null || this.#turn.overAt !== null);
  }

  /** Begins no further fault. The one that is on runs its course: cut short, it may have had no time to show. */
  stop(): void {
    this.#next = null;
  }

  /** Does what is due; called after every look at the recorder. `now` is in milliseconds. */
  step(now: number): void {
    const turn = this.#turn;
    if (turn === null) this.#begin();
    else if (turn.isOn) this.#endState(turn, now);
    else if (turn.overAt === null) {
      if (this.#injections.isOver(turn.injection.number)) turn.overAt = now;
    } else if (now - turn.overAt >= this.#calmMs) {
      this.#injections.close(turn.injection.number);
      this.#turn = null;
      this.#begin();
    }
  }

  #begin(): void {
    const next = this.#next;
    if (next === null || !this.#injections.connected) return;
    const injection = this.#injector.inject(next.fault, next.parameters, null);
    // The simulator has no connection any more of which the recorder does not know yet: again at the next look.
    if (injection.connections.length === 0 && breaksOpenConnections(next.fault)) {
      this.#injector.end(next.fault);
      return;
    }
    this.#turn = { injection, forMs: next.forMs, isOn: next.forMs !== null, overAt: null };
    this.#next = this.#take();
  }

  #endState(turn: Turn, now: number): void {
    const { number, fault, at } = turn.injection;
    if (now - at < (turn.forMs ?? 0) || this.#injections.owes(number)) return;
    this.#injector.end(fault);
    turn.isOn = false;
  }

  #take(): ScheduledFault | null {
    const { value, done } = this.#coming.next();
    return done === true ? null : value;
  }
}
