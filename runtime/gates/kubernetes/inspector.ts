import type { z } from 'zod';
import { type InspectReport, inspectReport } from '../../inspector/report.ts';
import { BUCKET_MS, type EventSummary, eventSummary } from '../../inspector/summary.ts';
import type { InspectRequest, JobOutcome, SummaryWindow } from '../platform.ts';
import { PlatformError } from '../platform-error.ts';

const LOG_TAIL_CHARACTERS = 4000;

/** Arguments of an inspector from those of the uploader: the same data and configuration, another command. */
export function inspectArguments(
  uploaderArgs: readonly string[],
  request: InspectRequest,
): readonly string[] {
  const { uploadOf } = request;
  return [
    'inspect',
    argument(uploaderArgs, 'data'),
    '--json',
    ...(request.since === undefined ? [] : [`--since=${request.since}`]),
    ...(request.paths ?? []).map((path) => `--path=${path}`),
    ...(uploadOf === undefined
      ? []
      : ['--remote', `--upload=${uploadOf}`, argument(uploaderArgs, 'config')]),
  ];
}

/** The same for a summary of the events of a window. */
export function summaryArguments(
  uploaderArgs: readonly string[],
  { since, until, spanMs }: SummaryWindow,
): readonly string[] {
  return [
    'inspect',
    argument(uploaderArgs, 'data'),
    '--summary',
    `--since=${since}`,
    `--until=${until}`,
    // An inspector of a release before it could be chosen knows the usual one only.
    ...(spanMs === BUCKET_MS ? [] : [`--span=${spanMs}ms`]),
  ];
}

export function reportOf(outcome: JobOutcome): InspectReport {
  return documentOf(outcome, '"orderbooks.inspect.', inspectReport);
}

export function summaryOf(outcome: JobOutcome): EventSummary {
  return documentOf(outcome, '"orderbooks.summary.', eventSummary);
}

/** The one report in the log of an inspector that succeeded; everything else is an error that shows the log's end. */
function documentOf<S extends z.ZodType>(
  outcome: JobOutcome,
  mention: string,
  schema: S,
): z.infer<S> {
  const log = outcome.log.slice(-LOG_TAIL_CHARACTERS);
  if (!outcome.succeeded) {
    throw new PlatformError(
      'PLATFORM_JOB_FAILED',
      `inspector Job ${outcome.name} failed: ${outcome.reason}`,
      { log },
    );
  }
  const candidates = outcome.log.split('\n').filter((line) => line.includes(mention));
  const [line] = candidates;
  if (line === undefined || candidates.length > 1) {
    throw unreadable(outcome, `expected one report in its log, found ${candidates.length}`, log);
  }
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw unreadable(
      outcome,
      `its report of ${line.length} characters is cut off or no JSON`,
      log,
      error,
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw unreadable(
    outcome,
    `its report is not of the schema: ${issue?.path.join('.') || 'whole report'}: ${issue?.message ?? 'unknown'}`,
    log,
    result.error,
  );
}

function argument(args: readonly string[], name: string): string {
  const flag = `--${name}`;
  const joined = args.find((arg) => arg.startsWith(`${flag}=`));
  if (joined !== undefined) return joined;
  const index = args.indexOf(flag);
  const value = index === -1 ? undefined : args[index + 1];
  if (value !== undefined) return `${flag}=${value}`;
  throw new PlatformError(
    'PLATFORM_ANSWER_INVALID',
    `the uploader's Job template has no argument ${flag}=…, so an inspector cannot know it; its arguments are ${JSON.stringify(args)}`,
  );
}

function unreadable(
  outcome: JobOutcome,
  what: string,
  log: string,
  cause?: unknown,
): PlatformError {
  return new PlatformError('PLATFORM_ANSWER_INVALID', `inspector Job ${outcome.name}: ${what}`, {
    log,
    cause,
  });
}
