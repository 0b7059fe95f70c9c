import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { admissionPolicyFile } from './admission-policy.ts';
import { buildCalendar, type Calendar } from './calendar.ts';
import { configMapFile } from './config-map.ts';
import { daysBetween, isDay, yearOf } from './day.ts';
import { CalendarError } from './error.ts';
import { readExceptions } from './exceptions.ts';

export const EXCEPTIONS_FILE = 'kargo/market-exceptions.yaml';
export const CONFIG_MAP_FILE = 'kargo/configmap-market-sessions.yaml';
export const POLICY_FILE = 'kargo/validatingadmissionpolicy-market-hours.yaml';

/** With fewer days left nothing may be merged any more; a warning says so in good time. */
export const LEAST_DAYS_LEFT = 60;
export const FEW_DAYS_LEFT = 120;

export interface GeneratedFile {
  /** Relative to the checkout. */
  readonly path: string;
  readonly text: string;
}

export interface CalendarCheck {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly daysLeft: number;
}

/** The files for whole years, from the exceptions of a checkout. */
export async function generate(
  root: string,
  years: { readonly first: number; readonly last: number },
): Promise<{ readonly calendar: Calendar; readonly files: readonly GeneratedFile[] }> {
  const exceptions = await readExceptions(join(root, EXCEPTIONS_FILE));
  const calendar = buildCalendar(years, exceptions);
  return {
    calendar,
    files: [
      { path: CONFIG_MAP_FILE, text: configMapFile(calendar) },
      { path: POLICY_FILE, text: admissionPolicyFile(calendar) },
    ],
  };
}

/**
 * Whether the files of a checkout are what the rules give for the years they claim, and last long enough. The years are
 * the file's own: a new year alone makes no file wrong.
 *
 * @throws CalendarError CALENDAR_UNREADABLE, MARKET_EXCEPTIONS_INVALID or CALENDAR_RANGE
 */
export async function checkFiles(root: string, today: string): Promise<CalendarCheck> {
  const { knownFrom, knownThrough } = await committedRange(root);
  const { files } = await generate(root, { first: yearOf(knownFrom), last: yearOf(knownThrough) });
  const problems: string[] = [];
  for (const { path, text } of files) {
    if ((await readText(join(root, path))) === text) continue;
    problems.push(
      `${path} is not what the rules and ${EXCEPTIONS_FILE} give: run npm run calendar`,
    );
  }
  const daysLeft = daysBetween(today, knownThrough);
  const left = `the calendar ends on ${knownThrough}, in ${daysLeft} days`;
  if (today < knownFrom)
    problems.push(
      `the calendar begins on ${knownFrom}, after today, ${today}: run npm run calendar`,
    );
  if (daysLeft < LEAST_DAYS_LEFT) {
    problems.push(
      `${left}; at least ${LEAST_DAYS_LEFT} are needed, because after it every promotion is refused: run npm run calendar`,
    );
  }
  const warnings =
    daysLeft >= LEAST_DAYS_LEFT && daysLeft < FEW_DAYS_LEFT
      ? [`${left}: run npm run calendar soon`]
      : [];
  return { problems, warnings, daysLeft };
}

const isoDay = z.string().refine(isDay);
const configMap = z.object({ data: z.object({ knownFrom: isoDay, knownThrough: isoDay }) });

async function committedRange(
  root: string,
): Promise<{ readonly knownFrom: string; readonly knownThrough: string }> {
  const text = await readText(join(root, CONFIG_MAP_FILE));
  const parsed = configMap.safeParse(text === null ? null : parse(text));
  if (parsed.success) return parsed.data.data;
  throw new CalendarError(
    'CALENDAR_UNREADABLE',
    `expected ${CONFIG_MAP_FILE} to hold a ConfigMap with knownFrom and knownThrough, got ${text === null ? 'no file' : 'something else'}: run npm run calendar`,
  );
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
