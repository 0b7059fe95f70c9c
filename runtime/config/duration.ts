import { OrderbooksError } from '../errors.ts';

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** A duration text such as `500ms`, `10s`, `5m`, `1.5h` or `3d` in milliseconds. */
export function parseDuration(text: string): number {
  const match = PATTERN.exec(text);
  const unit = match?.[2] as keyof typeof UNIT_MS | undefined;
  if (match === null || unit === undefined) {
    throw new OrderbooksError(
      'DURATION_INVALID',
      `expected a duration such as 500ms, 10s, 5m, 1.5h or 3d, got ${JSON.stringify(text)}`,
    );
  }
  return Number(match[1]) * UNIT_MS[unit];
}

/** Milliseconds in the largest unit that keeps the number whole: `90000` is `90s`, `120000` is `2m`. */
export function formatDuration(milliseconds: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (milliseconds >= UNIT_MS[unit] && milliseconds % UNIT_MS[unit] === 0) {
      return `${milliseconds / UNIT_MS[unit]}${unit}`;
    }
  }
  return `${milliseconds}ms`;
}
