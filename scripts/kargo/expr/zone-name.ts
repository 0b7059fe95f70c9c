/**
 * Short names of offsets. Intl knows most of them only in an English of the region, so several are asked; where none
 * has letters, the time zone database often has just the offset too (`+03`).
 */
const ENGLISHES = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-ZA'];

/** A winter and a summer day, in Unix time. */
const TODAY = [Date.UTC(2024, 0, 1) / 1000, Date.UTC(2024, 6, 1) / 1000];

/** Zones whose short name no English of Intl knows. */
const BY_ZONE: Readonly<Record<string, string>> = {
  'Asia/Tokyo': 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Taipei': 'CST',
  'Asia/Manila': 'PST',
  'Asia/Jakarta': 'WIB',
  'Asia/Karachi': 'PKT',
  'Asia/Jerusalem': 'IST',
  'Europe/Moscow': 'MSK',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
};

const formats = new Map<string, Intl.DateTimeFormat>();

/** The abbreviation that holds in a zone at a Unix time, such as `EST`. */
export function zoneAbbreviation(zone: string, unix: number, offset: number): string {
  if (offset === 0 && /^(Etc\/)?(UTC|UCT|Zulu|Universal)$/.test(zone)) return 'UTC';
  return inLetters(zone, unix) ?? nameOfToday(zone, offset) ?? BY_ZONE[zone] ?? numeric(offset);
}

/** Intl forgets names in the past: what has the same offset today is called the same. */
function nameOfToday(zone: string, offset: number): string | undefined {
  const known = TODAY.find((unix) => numeric(offset) === offsetName(zone, unix));
  return known === undefined ? undefined : inLetters(zone, known);
}

function inLetters(zone: string, unix: number): string | undefined {
  return ENGLISHES.map((english) => nameOf(zone, unix, english, 'short')).find(
    (name) => name === 'GMT' || !/^(GMT|UTC)/.test(name),
  );
}

/** Whether summer time holds; undefined where Intl has no name for the time. */
export function zoneIsSummer(zone: string, unix: number): boolean | undefined {
  const name = nameOf(zone, unix, 'en-US', 'long');
  return name.startsWith('GMT') ? undefined : /Daylight|Summer/.test(name);
}

function nameOf(
  zone: string,
  unix: number,
  english: string,
  style: 'short' | 'long' | 'longOffset',
): string {
  const key = `${zone} ${english} ${style}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.DateTimeFormat(english, { timeZone: zone, timeZoneName: style });
    formats.set(key, format);
  }
  return (
    format.formatToParts(unix * 1000).find((part) => part.type === 'timeZoneName')?.value ?? ''
  );
}

/** The offset as `numeric` writes it. */
function offsetName(zone: string, unix: number): string {
  const text = nameOf(zone, unix, 'en-US', 'longOffset').replace('GMT', '').replace(':', '');
  return text === '' ? '+00' : text.replace(/00$/, '');
}

function numeric(offset: number): string {
  const minutes = Math.abs(Math.trunc(offset / 60));
  const hours = `${Math.trunc(minutes / 60)}`.padStart(2, '0');
  const rest = minutes % 60 === 0 ? '' : `${minutes % 60}`.padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${hours}${rest}`;
}
