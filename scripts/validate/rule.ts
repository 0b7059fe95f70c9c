import type { Bundle } from './bundle.ts';
import type { Draft } from './finding.ts';
import type { NotChecked } from './report.ts';

/** What a check looks at, and where it says how much it did. */
export interface Look {
  readonly bundle: Bundle;
  /** Something is there that this check cannot judge. */
  skip(entry: NotChecked): void;
  count(what: 'steps' | 'expressions'): void;
}

/** One check finds what breaks one rule, or a few that ask the same question. */
export type Check = (look: Look) => Iterable<Draft>;
