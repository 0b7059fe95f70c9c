import { DAYS, MONTHS, type Time } from './time.ts';
import { isFraction, isOffset, partsOf } from './time-layout.ts';

/** A time as Go's Time.Format writes it. */
export function formatTime(time: Time, layout: string): string {
  return partsOf(layout)
    .map(({ prefix, chunk }) => (chunk === undefined ? prefix : prefix + formatChunk(time, chunk)))
    .join('');
}

/** A time as Go prints it: `2024-01-02 03:04:05 +0000 UTC`. */
export function timeText(time: Time): string {
  return formatTime(time, '2006-01-02 15:04:05.999999999 -0700 MST');
}

function formatChunk(time: Time, chunk: string): string {
  const { year, month, day, hour, minute, second } = time.wall;
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  switch (chunk) {
    case '2006':
      return year < 0 ? `-${pad(-year, 4)}` : pad(year, 4);
    case '06':
      return pad(Math.max(year, 0) % 100, 2);
    case 'January':
      return MONTHS[month - 1] ?? '';
    case 'Jan':
      return (MONTHS[month - 1] ?? '').slice(0, 3);
    case '1':
      return `${month}`;
    case '01':
      return pad(month, 2);
    case 'Monday':
      return `${time.weekday}`;
    case 'Mon':
      return DAYS[time.weekday.number]?.slice(0, 3) ?? '';
    case '2':
      return `${day}`;
    case '_2':
      return `${day}`.padStart(2);
    case '02':
      return pad(day, 2);
    case '__2':
      return `${time.yearDay}`.padStart(3);
    case '002':
      return pad(time.yearDay, 3);
    case '15':
      return pad(hour, 2);
    case '3':
      return `${hour12}`;
    case '03':
      return pad(hour12, 2);
    case '4':
      return `${minute}`;
    case '04':
      return pad(minute, 2);
    case '5':
      return `${second}`;
    case '05':
      return pad(second, 2);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return abbreviation(time);
  }
  if (isOffset(chunk)) return formatOffset(time.offset, chunk);
  return isFraction(chunk) ? formatFraction(time.nanosecond, chunk) : chunk;
}

function abbreviation(time: Time): string {
  const name = time.location.abbreviation(time.unix);
  if (name !== '') return name;
  const minutes = Math.trunc(time.offset / 60);
  return `${minutes < 0 ? '-' : '+'}${hoursAndMinutes(Math.abs(minutes), '')}`;
}

function formatOffset(offset: number, chunk: string): string {
  if (chunk.startsWith('Z') && offset === 0) return 'Z';
  const minutes = Math.trunc(offset / 60);
  const colon = chunk.includes(':') ? ':' : '';
  const sign = minutes < 0 ? '-' : '+';
  const digits = chunk.replaceAll(/\D/g, '').length;
  const size = Math.abs(minutes);
  if (digits === 2) return sign + pad(Math.trunc(size / 60), 2);
  const seconds = digits === 6 ? `${colon}${pad(Math.abs(offset % 60), 2)}` : '';
  return sign + hoursAndMinutes(size, colon) + seconds;
}

function hoursAndMinutes(minutes: number, colon: string): string {
  return `${pad(Math.trunc(minutes / 60), 2)}${colon}${pad(minutes % 60, 2)}`;
}

/** `.000` always has as many digits; `.999` drops zeros at the end, and itself if nothing is left. */
function formatFraction(nanosecond: number, chunk: string): string {
  const digits = pad(nanosecond, 9)
    .slice(0, chunk.length - 1)
    .padEnd(chunk.length - 1, '0');
  if (chunk[1] === '0') return `${chunk[0]}${digits}`;
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '' : `${chunk[0]}${trimmed}`;
}

function pad(value: number, width: number): string {
  return `${value}`.padStart(width, '0');
}
