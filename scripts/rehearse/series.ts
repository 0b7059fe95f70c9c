import type { Trial, Verdict } from './result.ts';
import type { Scenario } from './scenarios.ts';

/** What scenarios need done with version 2 once the canary has judged it, whoever does it. */
export interface Hands {
  /** Moves the gates' clock to a time at which the market is so. */
  market(state: 'open' | 'closed'): void;
  /** Files a break-glass ticket for version 2; a second call leaves the one that is there. */
  fileTicket(): void;
  /** Puts the empty form back. */
  clearTicket(): void;
  /** Takes the canary's evidence away; what is returned puts it back. */
  loseEvidence(): () => void;
  /** A person promotes to full; what succeeds is waited for. */
  promote(version: 1 | 2): Promise<Attempt>;
  /** What full runs, in words that change with anything of it. */
  full(): string;
}

export interface Attempt {
  readonly ended: Verdict;
  /** The gate that refused it; null if none did. */
  readonly by: string | null;
  readonly message: string;
}

/**
 * Plays scenarios one after another on the same two stages. What a scenario needs to have happened (a promotion to take
 * back, a ticket that is used) is done first where no earlier scenario did it.
 */
export async function* playSeries(
  scenarios: readonly Scenario[],
  hands: Hands,
): AsyncGenerator<Trial> {
  const sofar = { running: 1, ticketUsed: false };
  for (const scenario of scenarios) yield await play(scenario, hands, sofar);
}

/** Every scenario that ended in another way than it should has let something through or kept something back. */
export function deviations(trials: readonly Trial[]): readonly Trial[] {
  return trials.filter(({ asExpected }) => !asExpected);
}

/** The verdicts as a table for a terminal. */
export function trialTable(trials: readonly Trial[]): string {
  const words = (verdict: Verdict, by: string | null) =>
    `${verdict}${by === null ? '' : ` by ${by}`}`;
  const rows = [
    ['scenario', 'should end', 'ended', ''],
    ...trials.map((trial) => [
      trial.name,
      words(trial.expected, trial.expectedBy),
      words(trial.ended, trial.endedBy),
      trial.asExpected
        ? 'ok'
        : ['DEVIATES', ...(trial.message === '' ? [] : [trial.message])].join(': '),
    ]),
  ];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

async function play(
  scenario: Scenario,
  hands: Hands,
  sofar: { running: number; ticketUsed: boolean },
): Promise<Trial> {
  hands.market(scenario.market);
  if (scenario.ticket) hands.fileTicket();
  else hands.clearTicket();
  const promote = async (version: 1 | 2): Promise<Attempt> => {
    const attempt = await hands.promote(version);
    if (attempt.ended === 'PROMOTED') {
      sofar.running = version;
      sofar.ticketUsed ||= scenario.ticket;
    }
    return attempt;
  };
  const prepared =
    scenario.afterwards === 'nothing' ||
    (scenario.afterwards === 'roll back' ? sofar.running === 2 : sofar.ticketUsed);
  const preparation = prepared ? null : await promote(2);
  const restore = scenario.evidenceLost ? hands.loseEvidence() : () => undefined;
  const before = hands.full();
  const attempt =
    preparation !== null && preparation.ended !== 'PROMOTED'
      ? preparation
      : await promote(scenario.afterwards === 'roll back' ? 1 : 2);
  const changed = hands.full() !== before;
  restore();
  const { name, about, expected, refusedBy } = scenario;
  const touched = changed === (attempt.ended === 'PROMOTED');
  return {
    name,
    about,
    expected,
    expectedBy: refusedBy,
    ended: attempt.ended,
    endedBy: attempt.by,
    message: `${attempt.message}${touched ? '' : `; full ${changed ? 'was touched' : 'is as before'}`}`,
    asExpected: touched && attempt.ended === expected && attempt.by === refusedBy,
  };
}
