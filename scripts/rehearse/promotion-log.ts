import type { PromotionEvent } from '../kargo/promotion.ts';
import type { Progress } from './progress.ts';
import type { StepRecord } from './result.ts';

/** Follows one promotion after the other: tells people, and keeps what the report says of the last one. */
export class PromotionLog {
  readonly #progress: Progress;
  #steps: StepRecord[] = [];
  #stepStartedAt: number | null = null;
  #pushedCommit: string | null = null;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** Steps of the promotion that was followed last. */
  get steps(): readonly StepRecord[] {
    return this.#steps;
  }

  /** Commit that its git-push left on the rendered branch, or null if none succeeded. */
  get pushedCommit(): string | null {
    return this.#pushedCommit;
  }

  follow(event: PromotionEvent): void {
    switch (event.type) {
      case 'promotion-started':
        this.#steps = [];
        this.#pushedCommit = null;
        this.#progress.note(`promotion ${event.promotion} to ${event.stage}`);
        break;
      case 'step-started':
        this.#stepStartedAt = event.at;
        this.#progress.current(`step ${event.alias} (${event.uses})`);
        break;
      case 'step-finished':
        this.#finished(event);
        break;
      default:
        break;
    }
  }

  #finished(event: Extract<PromotionEvent, { type: 'step-finished' }>): void {
    const { alias, uses, status, message, output, simulated, at } = event;
    const durationMs = this.#stepStartedAt === null ? 0 : at - this.#stepStartedAt;
    this.#stepStartedAt = null;
    const assumed = simulated === undefined ? {} : { simulated };
    this.#steps.push({ alias, status, message, durationMs, ...assumed });
    const commit = output?.['commit'];
    if (uses === 'git-push' && status === 'Succeeded' && typeof commit === 'string') {
      this.#pushedCommit = commit;
    }
    if (simulated !== undefined) {
      this.#progress.note(`step ${alias}: simulated, ${simulated}`, 'bad');
    }
    // Most steps of the gates are there to refuse; that they had nothing to do tells nobody anything.
    if (status === 'Skipped' && message === '') return;
    const tone = status === 'Succeeded' ? 'good' : status === 'Skipped' ? 'plain' : 'bad';
    this.#progress.note(`step ${alias}: ${status}${message === '' ? '' : `, ${message}`}`, tone);
  }
}
