export interface Timer {
  cancel(): void;
}

/** Where the simulator takes its time from. Milliseconds since 1970. */
export interface Clock {
  now(): number;
  after(milliseconds: number, action: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, action) => {
    const timer = setTimeout(action, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { readonly due: number; readonly action: () => void }[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): Timer {
    const timer = { due: this.#now + Math.max(0, milliseconds), action };
    const later = this.#timers.findIndex((other) => other.due > timer.due);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** Moves on, running on its way what falls due, in order, each at its own time. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const first = this.#timers[0];
      if (first === undefined || first.due > end) break;
      this.#timers.shift();
      this.#now = first.due;
      first.action();
    }
    this.#now = end;
  }
}
