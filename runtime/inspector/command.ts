import { lstat } from 'node:fs/promises';
import { loadConfiguration } from '../config/configuration.ts';
import { parseDuration } from '../config/duration.ts';
import { ConfigurationError } from '../config/error.ts';
import { messageOf } from '../thrown.ts';
import { openRemote } from '../uploader/open-remote.ts';
import type { Remote } from '../uploader/remote.ts';
import { exportCommand } from './export-command.ts';
import { inspect } from './inspect.ts';
import { replayCommand } from './replay-command.ts';
import { summarise } from './summarise.ts';
import { BUCKET_MS } from './summary.ts';
import { isClean, reportText } from './text.ts';

export interface InspectCommandOptions {
  /** Path of the data root. */
  readonly data: string;
  /** One line of JSON instead of text. */
  readonly json?: boolean;
  /** ISO 8601 instant. */
  readonly since?: string;
  /** Paths of archives relative to the data root. */
  readonly path?: readonly string[];
  /** Read an upload back; needs `config`. */
  readonly remote?: boolean;
  /** Which one, as in `InspectOptions`; needs `remote`. */
  readonly upload?: string;
  /** Path of the configuration file. */
  readonly config?: string;
  /** Write the frames of this market instead of a report. */
  readonly export?: string;
  /** Where to; needs `export`. */
  readonly output?: string;
  /** Say compactly which events were kept between `since` and `until`. */
  readonly summary?: boolean;
  /** ISO 8601 instant; needs `summary`. */
  readonly until?: string;
  /** How long the spans of a summary are; needs `summary`. */
  readonly span?: string;
  /** Serve the frames instead of a report: a pace, or true for the recorded one. */
  readonly replay?: string | true;
}

/**
 * `orderbooks inspect`. With `json` the exit code is 0 whenever a report was printed, for the report is the answer;
 * without it, 1 says that something is wrong. With `export` or `replay` there is no report: see there. Throws `ConfigurationError` for wrong usage.
 */
export async function inspectCommand(
  options: InspectCommandOptions,
  print: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const since = parseInstant(options.since, '--since');
  checkTogether(options);
  if (options.export !== undefined || options.replay !== undefined) {
    await checkDataRoot(options.data);
    const archives = {
      dataRoot: options.data,
      ...(since === null ? {} : { since }),
      ...(options.path === undefined ? {} : { paths: options.path }),
    };
    if (options.export === undefined) {
      const pace = typeof options.replay === 'string' ? options.replay : 'recorded';
      return replayCommand({ ...archives, pace });
    }
    const { export: market, output } = options;
    return exportCommand({ ...archives, market, ...(output === undefined ? {} : { output }) });
  }
  if (options.summary === true) {
    const until = parseInstant(options.until, '--until');
    if (since === null || until === null || since >= until) {
      throw new ConfigurationError('USAGE', '--summary needs --since and a later --until');
    }
    await checkDataRoot(options.data);
    const bucketMs = parseSpan(options.span);
    const summary = await summarise({ dataRoot: options.data, since, until, bucketMs });
    print(`${JSON.stringify(summary)}\n`);
    return 0;
  }
  for (const flag of ['until', 'span'] as const) {
    if (options[flag] === undefined) continue;
    throw new ConfigurationError('USAGE', `--${flag} needs --summary`);
  }
  const remote = remoteOf(options);
  await checkDataRoot(options.data);
  const report = await inspect({
    dataRoot: options.data,
    ...(since === null ? {} : { since }),
    ...(options.path === undefined ? {} : { paths: options.path }),
    ...(remote === null ? {} : { remote }),
    ...(options.upload === undefined ? {} : { upload: options.upload }),
  });
  print(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
  return options.json === true || isClean(report) ? 0 : 1;
}

/** Each of these prints something of its own; asked for two, one would be forgotten silently. */
function checkTogether(options: InspectCommandOptions): void {
  const said = (['json', 'remote', 'export', 'replay', 'summary'] as const).filter(
    (name) => options[name] !== undefined && options[name] !== false,
  );
  const alone = said.find((name) => name === 'export' || name === 'replay' || name === 'summary');
  const other = said.find((name) => name !== alone);
  if (alone !== undefined && other !== undefined) {
    throw new ConfigurationError('USAGE', `--${alone} cannot be combined with --${other}`);
  }
  if (options.output !== undefined && options.export === undefined) {
    throw new ConfigurationError('USAGE', '--output needs --export, which says what to write');
  }
}

/** Milliseconds. */
function parseSpan(text: string | undefined): number {
  if (text === undefined) return BUCKET_MS;
  const span = parseDuration(text);
  if (span >= 1) return span;
  throw new ConfigurationError('USAGE', `--span: expected more than nothing, got ${text}`);
}

/** A date alone, or a time without a zone, would be read differently by different people. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function parseInstant(text: string | undefined, flag: string): Date | null {
  if (text === undefined) return null;
  const date = new Date(text);
  if (INSTANT.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new ConfigurationError(
    'USAGE',
    `${flag}: expected an ISO 8601 time with its zone such as 2026-11-21T10:00:00Z, got ${JSON.stringify(text)}`,
  );
}

function remoteOf(options: InspectCommandOptions): Remote | null {
  if (options.remote !== true) {
    if (options.upload === undefined) return null;
    throw new ConfigurationError(
      'USAGE',
      '--upload needs --remote: it says which upload is read back',
    );
  }
  if (options.config === undefined) {
    throw new ConfigurationError('USAGE', '--remote needs --config=<file>, which names the remote');
  }
  const { value } = loadConfiguration(options.config);
  return openRemote(value, { dataRoot: options.data });
}

async function checkDataRoot(path: string): Promise<void> {
  try {
    await lstat(path);
  } catch (error) {
    throw new ConfigurationError(
      'USAGE',
      `--data: expected the folder of the data root: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
