import { OrderbooksError } from '../../runtime/errors.ts';
import { ClusterError, failureOf } from './failure.ts';
import type { Answer } from './program.ts';
import type { Redaction } from './redaction.ts';

/** The error of a program that ended with another code than 0: its own words, redacted, and what to do. */
export function programError(
  program: string,
  words: readonly string[],
  answer: Answer,
  redaction: Redaction,
): ClusterError {
  const said = answer.error.trim() || answer.out.trim() || `exit code ${answer.code}`;
  const failure = failureOf(said);
  const unknown = failure.outcomeUnknown && !isRead(words) ? OUTCOME_UNKNOWN : '';
  return new ClusterError(
    failure.code,
    redaction.text(
      `${program} ${words.join(' ')}: ${lastLines(said)}; ${failure.advice}.${unknown}`,
    ),
    { outcomeUnknown: unknown !== '' },
  );
}

/** The error of a change that was interrupted while it ran, instead of between two. */
export function endedWhile(program: string, words: readonly string[], error: unknown): unknown {
  if (!(error instanceof OrderbooksError) || error.code !== 'INTERRUPTED') return error;
  return new ClusterError(
    error.code,
    `${error.message}. It ended ${program} ${words.slice(0, 3).join(' ')}.${OUTCOME_UNKNOWN}`,
    { cause: error, outcomeUnknown: true },
  );
}

/** Whether words of kubectl or helm only ask. */
export function isRead(words: readonly string[]): boolean {
  return READS.has(words[0] ?? '') || words.includes('--dry-run=server');
}

/** Of a change. */
export const OUTCOME_UNKNOWN =
  ' Whether the change was made is not known; running again finds out and is safe.';

const READS: ReadonlySet<string> = new Set([
  ...['get', 'version', 'auth', 'config', 'logs', 'rollout'],
  ...['list', 'template', 'show'],
]);

/** Programs may print pages; the reason stands at the end. */
const MOST_LINES = 12;
/** Such as `E1121 17:23:14.183636    4859 memcache.go:265] …`. */
const LOGGED = /^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] /;

/** Without the log of kubectl's libraries, which repeats for each try what its last line says once. */
function lastLines(text: string): string {
  const lines = text.split('\n');
  const said = lines.filter((line) => !LOGGED.test(line));
  return (said.length === 0 ? lines : said).slice(-MOST_LINES).join('\n');
}
