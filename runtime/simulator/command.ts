import { Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { OrderbooksError } from '../errors.ts';
import { messageOf } from '../thrown.ts';
import { faultTable } from './fault-catalogue.ts';
import type { SimulatorOptions } from './options.ts';
import { startSimulator } from './simulator.ts';

const number = (text: string): number => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('expected a number.');
  return value;
};
/** Which names there are is the settings' business. */
const names = (text: string): string[] => text.split(',').map((name) => name.trim());
const duration = (text: string): number => {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new InvalidArgumentError(`${messageOf(error)}.`);
  }
};
const collect = (file: string, files: readonly string[] = []): string[] => [...files, file];

const HELP = `
Faults, for --schedule and for POST /inject {"fault": "stall", "seconds": 5, "with": {"connection": 1}}:
${faultTable()}

A schedule file is a list: [{at: 10s, fault: stall, for: 5s, with: {connection: 1}}, …]
`;

/**
 * `orderbooks simulate`. Prints one JSON line with the addresses on standard output once it serves, a line for
 * people on standard error, and ends with code 0 on SIGTERM or SIGINT. Code 2 is a wrong option, 1 a failure.
 */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description("Polymarket's Gamma, CLOB REST and market websocket in small")
    .option('--seed <text>', 'what all chance comes from: same seed and clock, same frames')
    .option('--rate <n>', 'steps a second of each market whose window is open (20)', number)
    .option('--window-scale <n>', 'shorten windows and all waiting times, such as 0.1 (1)', number)
    .option('--cadences <names>', 'series to list, with commas between (5m,15m)', names)
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--gamma-port <n>', 'port of Gamma, 0 for a free one (0)', number)
    .option('--clob-port <n>', 'port of CLOB REST (0)', number)
    .option('--websocket-port <n>', 'port of the market websocket (0)', number)
    .option('--control-port <n>', 'port of the control endpoint (0)', number)
    .option(
      '--replay <file>',
      'serve recorded frames on the websocket instead; repeatable',
      collect,
    )
    .option(
      '--replay-pace <pace>',
      '"recorded" keeps the pauses, "fast" leaves them out (recorded)',
    )
    .option('--ledger <file>', 'write there what was sent, a JSON line per frame')
    .option(
      '--disconnect-every <duration>',
      'reset each connection at this age, such as 30s',
      duration,
    )
    .option(
      '--idle-close <duration>',
      'close a connection without traffic after this (125s)',
      duration,
    )
    .option('--slow-consumer-bytes <n>', 'unread bytes above which a client gets 1013', number)
    .option('--pong-lag <duration>', 'delay PONG by this', duration)
    .option('--spaced', 'a space after commas, as on the wire until May 2026')
    .option('--arrays <share>', 'share of simultaneous events sent as one array (0)', number)
    .option('--surprises <share>', 'share of unknown event types and fields (0)', number)
    .option('--duplicates <share>', 'share of price_change frames sent twice (0.005)', number)
    .option('--trade-price-lead <share>', 'share of trades hashed before they are told (0)', number)
    .option('--schedule <file>', 'inject faults at moments: a file, or seed:TEXT for all of them')
    .option('--fault-pause <duration>', 'between faults of a seeded schedule (10s)', duration)
    .option(
      '--load <n>',
      'frames a second of 600 bytes to each connection, or as many as it takes',
      number,
    )
    .option(
      '--active-ahead <duration>',
      'when a market gets its book before its window (30m)',
      duration,
    )
    .option('--resolved-share <share>', 'share of markets whose result is told (1)', number)
    .option('--books-limit-bytes <n>', 'largest body of POST /books (50000)', number)
    .option('--throttle', 'delay REST requests beyond the documented rate limits')
    .option('--offset-ceiling <n>', 'largest offset that Gamma listings take (2000)', number)
    .addHelpText('after', HELP)
    .action(async (flags: Flags) => {
      process.exitCode = await simulate(flags);
    });
}

const USAGE_ERRORS: ReadonlySet<string> = new Set([
  'SIMULATOR_OPTION_INVALID',
  'SIMULATOR_SCHEDULE_INVALID',
]);

/** Commander names a flag's value after the flag. */
type Flags = Omit<SimulatorOptions, 'ledger' | 'ledgerFile'> & { readonly ledger?: string };

async function simulate({ ledger, ...flags }: Flags): Promise<number> {
  const stop = stopSignal();
  const failed = Promise.withResolvers<unknown>();
  try {
    const simulator = await startSimulator({
      ...flags,
      ...(ledger === undefined ? undefined : { ledgerFile: ledger }),
      onError: failed.resolve,
    });
    const { gammaUrl, clobUrl, websocketUrl, controlUrl, settings } = simulator;
    const { seed, windowScale } = settings;
    process.stdout.write(
      `${JSON.stringify({ gammaUrl, clobUrl, websocketUrl, controlUrl, seed, windowScale })}\n`,
    );
    process.stderr.write(
      `simulator ready: Gamma ${gammaUrl}, CLOB ${clobUrl}, websocket ${websocketUrl}, control ${controlUrl}\n`,
    );
    const failure = await Promise.race([stop, failed.promise]);
    await simulator.close();
    if (failure === undefined) return 0;
    throw failure;
  } catch (error) {
    const code = error instanceof OrderbooksError ? error.code : 'SIMULATOR_FAILED';
    process.stderr.write(`${code}: ${messageOf(error)}\n`);
    return USAGE_ERRORS.has(code) ? 2 : 1;
  }
}

function stopSignal(): Promise<undefined> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => resolve(undefined));
    }
  });
}
