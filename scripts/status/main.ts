import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { parseDuration } from '../../runtime/config/duration.ts';
import { type ClusterFlags, runCommand, withClusterOptions } from '../cluster/command.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { EXIT_FAILED, EXIT_GOOD, EXIT_USAGE } from '../command-line.ts';
import { marketRow, stageRows, ticketRow } from './facts.ts';
import { marketStatus, ticketStatus } from './policy.ts';
import { attention, renderScreen, type Screen } from './screen.ts';
import { look, type Sources } from './sources.ts';
import { STAGES, stageStatus } from './stage.ts';

interface Flags extends ClusterFlags {
  readonly watch?: boolean;
  readonly every: string;
}

const RESULT_VERSION = 1;
/** A status that is not there by then is not worth waiting for. */
const CALL_TIMEOUT_MS = 20_000;
const CLEAR_SCREEN = '\u001b[2J\u001b[H';
const WIDTH_OF_A_FILE = 120;

const program = withClusterOptions(
  new Command('status').description(
    'Both Stages on one screen: Freight, health, verification, frames, uploads, disk, market session, ticket.',
  ),
)
  .option('--watch', 'look again and again until interrupted')
  .option('--every <duration>', 'how often --watch looks', '10s')
  .addHelpText(
    'after',
    '\nOnly reads, so --dry-run changes nothing. Exit codes: 0 all is well, 1 something needs a look, 2 wrong usage or something could not be looked at.\n\nExamples:\n  npm run status -- --context lab\n  npm run status -- --watch\n  npm run --silent status -- --json',
  )
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const flags = program.opts<Flags>();
  const everyMs = parseDuration(flags.every);
  const kubectl = new Kubectl({ ...flags, signal, timeoutMs: CALL_TIMEOUT_MS });
  if (flags.watch !== true) return print(await once(kubectl), flags);
  try {
    for (;;) {
      const seen = await once(kubectl);
      if (process.stdout.isTTY && flags.json !== true) process.stdout.write(CLEAR_SCREEN);
      print(seen, flags);
      await sleep(everyMs, undefined, { signal });
    }
  } catch (error) {
    // Being interrupted is how watching ends.
    if (signal.aborted) return EXIT_GOOD;
    throw error;
  }
});

interface Seen {
  readonly sources: Sources;
  readonly at: Date;
}

async function once(kubectl: Kubectl): Promise<Seen> {
  const sources = await look(
    kubectl,
    STAGES.map(({ namespace }) => namespace),
  );
  return { sources, at: new Date() };
}

function print({ sources, at }: Seen, flags: Flags): number {
  const stages = STAGES.map((place) => stageStatus(place, sources, at));
  const market = marketStatus(sources, at);
  const ticket = ticketStatus(sources, at);
  const nothing =
    sources.stages.state === 'absent' ||
    (sources.stages.state === 'known' && sources.stages.value.length === 0);
  const screen: Screen = {
    heading: `orderbooks${flags.context === undefined ? '' : ` · context ${flags.context}`} · ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC${nothing ? ' · no Stage of Kargo is here: npm run platform -- install' : ''}`,
    columns: stages.map((status) => ({ title: status.stage, rows: stageRows(status) })),
    below: [marketRow(market, !nothing), ticketRow(ticket)],
  };
  const rows = [...screen.columns.flatMap(({ rows: of }) => of), ...screen.below];
  if (flags.json === true) {
    const result = { version: RESULT_VERSION, at, stages, market, ticket };
    const document = { ...result, attention: attention(screen) };
    // One line per look while watching, so that a program can read them one by one.
    process.stdout.write(
      `${flags.watch === true ? JSON.stringify(document) : JSON.stringify(document, null, 2)}\n`,
    );
  } else {
    const { isTTY, columns } = process.stdout;
    const colour = isTTY === true && process.env['NO_COLOR'] === undefined;
    process.stdout.write(renderScreen(screen, columns ?? WIDTH_OF_A_FILE, colour));
  }
  if (nothing || rows.some(({ fact }) => fact.tone === 'bad')) return EXIT_FAILED;
  return rows.some(({ fact }) => fact.tone === 'unknown') ? EXIT_USAGE : EXIT_GOOD;
}
