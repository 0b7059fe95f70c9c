import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { randomOf } from '../../runtime/simulator/random.ts';
import { count } from '../arguments.ts';
import { EXIT_FAILED, EXIT_GOOD, runToExitCode } from '../command-line.ts';
import { AT_RISK_MS, judgeKills } from './judge.ts';
import { killRepeatedly, type Moment } from './kills.ts';

interface Flags {
  readonly times: number;
  readonly seed: string;
}

/** From the first frame to after the second rotation. */
const LONGEST_RUN_MS = 2_200;
/** One kill in so many hits the start of a run, and with it the salvage of the one before. */
const EARLY_EVERY = 10;
/** About 800 frames a second, the peak of the real feed (facts/polymarket.md §5). */
const RATE = 220;

const program = new Command('kill-test')
  .description(
    'Kills the real recorder at random moments under load, and says whether a closed archive changed or more than a second of frames was lost.',
  )
  .option('--times <n>', 'how often', count, 300)
  .option('--seed <text>', 'the same moments again', 'orderbooks')
  .addHelpText(
    'after',
    '\nExit codes: 0 no violation, 1 a violation (its data stays, and where is said), 2 wrong option. 300 kills take about 15 minutes.',
  )
  .showHelpAfterError('(--help shows what is expected)')
  .exitOverride();

process.exitCode = await runToExitCode(program, () => run(program.parse().opts<Flags>()));

async function run({ times, seed }: Flags): Promise<number> {
  const random = randomOf(seed);
  const dataRoot = mkdtempSync(join(tmpdir(), 'orderbooks-kill-test-'));
  const started = performance.now();
  const session = await killRepeatedly({
    dataRoot,
    moments: Array.from({ length: times }, (_, index): Moment => {
      const early = index % EARLY_EVERY === EARLY_EVERY - 1;
      return { after: early ? 'start' : 'first frame', ms: random.integer(0, LONGEST_RUN_MS) };
    }),
    rate: RATE,
    onKill: (number) => {
      if (number % 10 === 0) process.stderr.write(`${number} of ${times} kills\n`);
    },
  });
  const verdict = judgeKills(dataRoot, session);
  const load = loadavg()[0]?.toFixed(1);
  console.log(
    `machine: ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}, load ${load}, ${new Date().toISOString().slice(0, 16)}Z`,
  );
  console.log(`command: npm run kill-test -- --times ${times} --seed ${seed}`);
  console.log(
    `${verdict.kills} kills in ${Math.round((performance.now() - started) / 1000)} s; ${verdict.fed} hit a run that had been sent frames, ${verdict.salvaged} ended with a crash gap`,
  );
  console.log(
    `${session.closed.size} archives were closed at a kill; ${verdict.archives} are readable now`,
  );
  console.log(`${verdict.framesKept} of ${verdict.framesSent} frames kept`);
  const none = { lostMs: 0, waitedMs: 0 };
  const oldest = verdict.losses.reduce((a, b) => (b.lostMs > a.lostMs ? b : a), none);
  const own = Math.max(0, ...verdict.losses.map(({ lostMs, waitedMs }) => lostMs - waitedMs));
  const starved = verdict.losses.filter(({ lostMs }) => lostMs > AT_RISK_MS).length;
  console.log(
    `oldest frame lost: ${oldest.lostMs} ms before its kill, of which the process waited ${oldest.waitedMs} ms for a processor`,
  );
  console.log(
    `without such waits: ${own} ms at most, may be ${AT_RISK_MS} ms; ${starved} kills cost more with them`,
  );
  for (const violation of verdict.violations) console.log(`VIOLATION ${violation}`);
  if (verdict.violations.length > 0) {
    console.log(`${verdict.violations.length} violations; data kept in ${dataRoot}`);
    return EXIT_FAILED;
  }
  console.log('0 violations');
  rmSync(dataRoot, { recursive: true, force: true });
  return EXIT_GOOD;
}
