import type { Span } from './result.ts';

/** Collects the stretches of a rehearsal as they happen. */
export class Timeline {
  readonly #startedAt: number;
  readonly #spans: Span[] = [];

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  get spans(): readonly Span[] {
    return this.#spans;
  }

  /** Times `act`; `judge` says how it went. What throws is bad, and is thrown on. */
  async time<T>(
    lane: Span['lane'],
    label: string,
    act: () => Promise<T>,
    judge: (value: T) => Span['outcome'] = () => 'neutral',
  ): Promise<T> {
    const fromMs = Date.now() - this.#startedAt;
    const end = (outcome: Span['outcome']) => {
      this.#spans.push({ lane, label, fromMs, toMs: Date.now() - this.#startedAt, outcome });
    };
    try {
      const value = await act();
      end(judge(value));
      return value;
    } catch (error) {
      end('bad');
      throw error;
    }
  }
}
