import type { Format } from 'ajv';

/** Forms that no regular expression says well; editors pass them over. */
export const ajvFormats: Readonly<Record<string, Format>> = {
  int32: {
    type: 'number',
    validate: (value: number) => value >= -(2 ** 31) && value < 2 ** 31,
  },
  'date-time': (text: string) =>
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text.toUpperCase())),
  base64: (text: string) =>
    /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replaceAll(/\s/g, '')),
  cron: isCronSchedule,
  'time-zone': isTimeZone,
  'mail-address': (text: string) => text.includes('${') || /^\S.*@\S+$/.test(text.trim()),
  'step-uri': (text: string) => text.includes('${') || /^[a-zA-Z][a-zA-Z0-9+.-]*:\S+$/.test(text),
  // Said by zod of our own files, and judged there.
  uri: true,
  email: true,
};

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface CronField {
  readonly least: number;
  readonly most: number;
  readonly names: readonly string[];
}

const FIELDS: readonly CronField[] = [
  { least: 0, most: 59, names: [] },
  { least: 0, most: 23, names: [] },
  { least: 1, most: 31, names: [] },
  { least: 1, most: 12, names: MONTHS },
  { least: 0, most: 6, names: DAYS },
];

/** Five fields, or one of the words, as the parser of Kubernetes' CronJobs takes them (robfig/cron, standard). */
export function isCronSchedule(text: string): boolean {
  const schedule = text.trim();
  if (/^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/.test(schedule)) return true;
  if (/^@every \S+$/.test(schedule)) return true;
  const fields = schedule.split(/\s+/);
  return (
    fields.length === FIELDS.length &&
    FIELDS.every((field, index) =>
      (fields[index] ?? '').split(',').every((range) => isRange(range, field)),
    )
  );
}

function isRange(range: string, field: CronField): boolean {
  const [span = '', step, ...more] = range.split('/');
  if (more.length > 0) return false;
  if (step !== undefined && !/^0*[1-9]\d*$/.test(step)) return false;
  if (span === '*' || span === '?') return true;
  const [from = '', to, ...rest] = span.split('-');
  if (rest.length > 0) return false;
  const first = cronValue(from, field);
  const last = to === undefined ? first : cronValue(to, field);
  return first !== null && last !== null && first <= last;
}

function cronValue(text: string, { least, most, names }: CronField): number | null {
  const named = names.indexOf(text.toLowerCase());
  // Months count from 1, days from 0.
  const value = named >= 0 ? named + least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}

/** A zone that CronJobs take: an IANA name, but not the machine's own. */
export function isTimeZone(name: string): boolean {
  if (name === '' || name.toLowerCase() === 'local') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return !/^[+-]/.test(name);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
