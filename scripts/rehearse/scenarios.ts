import { RehearsalError } from './error.ts';
import type { Verdict } from './result.ts';

/** What is tried with version 2 once the canary has judged it. */
export interface Scenario {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  readonly market: 'open' | 'closed';
  /** Whether a break-glass ticket is filed before the promotion to full. */
  readonly ticket: boolean;
  /** Whether somebody loses the canary's evidence before it. */
  readonly evidenceLost: boolean;
  /** What follows a promotion to full that succeeded. */
  readonly afterwards: 'nothing' | 'promote again' | 'roll back';
  readonly expected: Verdict;
  /** The step that must refuse; null where nothing may. */
  readonly refusedBy: string | null;
}

const PLAIN: Scenario = {
  name: 'market-closed',
  about: 'US equities do not trade and the canary has evidence: version 2 reaches full',
  market: 'closed',
  ticket: false,
  evidenceLost: false,
  afterwards: 'nothing',
  expected: 'PROMOTED',
  refusedBy: null,
};

export const SCENARIOS: readonly Scenario[] = [
  PLAIN,
  {
    ...PLAIN,
    name: 'market-open-refused',
    about: 'US equities trade: the market gate refuses and full stays as it is',
    market: 'open',
    expected: 'REFUSED',
    refusedBy: 'market-gate::closed',
  },
  {
    ...PLAIN,
    name: 'break-glass-used',
    about:
      'US equities trade and a ticket is filed: version 2 reaches full, and the Freight and the commit say so',
    market: 'open',
    ticket: true,
  },
  {
    ...PLAIN,
    name: 'second-use-refused',
    about: 'the same ticket is used a second time: the market gate refuses',
    market: 'open',
    ticket: true,
    afterwards: 'promote again',
    expected: 'REFUSED',
    refusedBy: 'market-gate::closed',
  },
  {
    ...PLAIN,
    name: 'evidence-missing',
    about:
      "the canary's evidence is gone: the evidence gate refuses although Kargo calls the Freight verified",
    evidenceLost: true,
    expected: 'REFUSED',
    refusedBy: 'evidence-gate::refused',
  },
  {
    ...PLAIN,
    name: 'rollback',
    about:
      'version 2 reaches full and version 1, which ran there before, comes back without new evidence',
    afterwards: 'roll back',
  },
];

export const DEFAULT_SCENARIO = PLAIN;

/** What `--scenario` calls all of them. */
export const ALL_SCENARIOS = 'all';

/**
 * The order in which all of them are played on one set-up. First the one that needs a version 2 that never ran in full,
 * for a Freight that did needs no new evidence; from then on each finds what an earlier one left.
 */
export const SERIES: readonly Scenario[] = [
  'evidence-missing',
  'market-closed',
  'rollback',
  'market-open-refused',
  'break-glass-used',
  'second-use-refused',
].map(scenarioNamed);

/** @throws RehearsalError SCENARIO_UNKNOWN with the names that are known */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new RehearsalError(
    'SCENARIO_UNKNOWN',
    `expected one of ${SCENARIOS.map((scenario) => scenario.name).join(', ')} or ${ALL_SCENARIOS}, got ${name}`,
  );
}
