import { OrderbooksError } from '../../runtime/errors.ts';
import { EXIT_FAILED, EXIT_GOOD, EXIT_USAGE } from '../command-line.ts';

const NAME_WIDTH = 30;
const VERDICT_WIDTH = 10;

/**
 * `good` and `bad` were looked at; `unknown` could not be, which is no permission; `not there` does not apply here yet,
 * such as Kargo's version before Kargo is installed.
 */
export type Verdict = 'good' | 'bad' | 'unknown' | 'not there';

export interface Finding {
  /** Short and stable: programs find a line by it. */
  readonly check: string;
  readonly verdict: Verdict;
  readonly seen: string;
  /** What to do, for what is bad or unknown. */
  readonly advice: string | null;
}

export interface Check {
  readonly name: string;
  run(): Promise<Omit<Finding, 'check'>>;
}

export function good(seen: string): Omit<Finding, 'check'> {
  return { verdict: 'good', seen, advice: null };
}

export function bad(seen: string, advice: string): Omit<Finding, 'check'> {
  return { verdict: 'bad', seen, advice };
}

export function notThere(seen: string): Omit<Finding, 'check'> {
  return { verdict: 'not there', seen, advice: null };
}

/** Runs all checks, one after the other; one that cannot look says so and keeps none of the others from looking. */
export async function examine(
  checks: readonly Check[],
  tell: (finding: Finding) => void,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, run } of checks) {
    signal.throwIfAborted();
    const finding: Finding = { check: name, ...(await outcome(run)) };
    findings.push(finding);
    tell(finding);
  }
  return findings;
}

export const FINDING_HEAD = `${'check'.padEnd(NAME_WIDTH)}${'verdict'.padEnd(VERDICT_WIDTH)}seen\n`;

/** For a person: what was seen, and below it what to do. */
export function findingLine({ check, verdict, seen, advice }: Finding): string {
  const first = `${check.padEnd(NAME_WIDTH)}${verdict.padEnd(VERDICT_WIDTH)}${seen}\n`;
  return advice === null ? first : `${first}${''.padEnd(NAME_WIDTH + VERDICT_WIDTH)}→ ${advice}\n`;
}

/** What could not be looked at is no permission, and no refusal either. */
export function exitCodeOf(findings: readonly Finding[]): number {
  const verdicts = new Set(findings.map(({ verdict }) => verdict));
  if (verdicts.has('bad')) return EXIT_FAILED;
  return verdicts.has('unknown') ? EXIT_USAGE : EXIT_GOOD;
}

async function outcome(run: Check['run']): Promise<Omit<Finding, 'check'>> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof OrderbooksError) || error.code === 'INTERRUPTED') throw error;
    return {
      verdict: 'unknown',
      seen: `${error.code}: ${error.message}`,
      advice: 'what cannot be looked at is no permission to deploy',
    };
  }
}
