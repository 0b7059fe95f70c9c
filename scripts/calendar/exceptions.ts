import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { isDay } from './day.ts';
import { CalendarError } from './error.ts';

/** Longer reasons make a refusal that nobody reads to its end. */
const MAX_REASON = 120;
/** Two hours before the open; anything longer is a freeze and should say its reason. */
const MAX_MARGIN_MINUTES = 120;

const day = z.string().refine(isDay, 'expected a day that exists, as "YYYY-MM-DD" in quotes');
const reason = z
  .string()
  .trim()
  .min(10)
  .max(MAX_REASON)
  .regex(/^[\x20-\x7e]+$/, 'expected one line of plain ASCII')
  // It becomes part of texts that Kargo evaluates and of CEL literals.
  .regex(/^[^'"`\\${}|]*$/, 'expected no quotes, backslashes, braces, dollars or bars');

export const marketExceptions = z.strictObject({
  /** Minutes before a session in which nothing is promoted any more: a promotion takes a while. */
  marginMinutes: z.int().min(0).max(MAX_MARGIN_MINUTES),
  /** The exchange does not trade on a day on which the rules say it does. */
  closures: z.array(z.strictObject({ date: day, reason })),
  /** The exchange closes early; the hour is New York's. */
  earlyCloses: z.array(
    z.strictObject({
      date: day,
      closes: z
        .string()
        .regex(/^1[0-5]:[0-5]\d$/, 'expected New York time between 10:00 and 15:59'),
      reason,
    }),
  ),
  /** Nothing is promoted, whatever the exchange does: whole UTC days, both included. */
  freezes: z
    .array(z.strictObject({ from: day, through: day, reason }))
    .refine(
      (freezes) => freezes.every(({ from, through }) => from <= through),
      'expected from before through',
    ),
});

/** What people add to the rules: kargo/market-exceptions.yaml. */
export type MarketExceptions = z.infer<typeof marketExceptions>;

export const NO_EXCEPTIONS: MarketExceptions = {
  marginMinutes: 0,
  closures: [],
  earlyCloses: [],
  freezes: [],
};

/** @throws CalendarError MARKET_EXCEPTIONS_INVALID naming the place and what is expected there */
export async function readExceptions(file: string): Promise<MarketExceptions> {
  const document = parseDocument(await readFile(file, 'utf8'));
  const [fault] = document.errors;
  if (fault !== undefined)
    throw new CalendarError('MARKET_EXCEPTIONS_INVALID', `${file}: ${fault.message}`);
  return parseExceptions(document.toJS(), file);
}

export function parseExceptions(value: unknown, file: string): MarketExceptions {
  const parsed = marketExceptions.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new CalendarError('MARKET_EXCEPTIONS_INVALID', `${file}: ${problems.join('; ')}`);
}
