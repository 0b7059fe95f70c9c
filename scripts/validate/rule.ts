import type { Bundle } from './bundle.ts';
import type { Draft } from './finding.ts';
import type { NotChecked } from './report.ts';
import type { SourceDocument } from './source-file.ts';

/** What a check looks at, and where it says how much it did. */
export interface Look {
  readonly bundle: Bundle;
  /** Everything that could be read, objects or not. */
  readonly documents: readonly SourceDocument[];
  /** Whether the rules of this repository's house count too; other repositories have their own. */
  readonly house: boolean;
  /** The day it is, as 2026-11-21, in UTC. */
  readonly today: string;
  /** Whether a path relative to the root is in the repository; absent where only texts are judged. */
  readonly exists?: (path: string) => boolean;
  /** The text of settings/settings.env; absent where there is none. */
  readonly settings?: string;
  /** Something is there that this check cannot judge. */
  skip(entry: NotChecked): void;
  count(what: 'steps' | 'expressions'): void;
}

/** One check finds what breaks one rule, or a few that ask the same question. */
export type Check = (look: Look) => Iterable<Draft>;
