/** Milliseconds for people: `0.4 s`, `12.0 s`, `3 min 05 s`. */
export function elapsed(milliseconds: number): string {
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** Between two ISO 8601 times; null while one of them is missing. */
export function between(from: string | null, to: string): string | null {
  return from === null ? null : elapsed(Math.max(0, Date.parse(to) - Date.parse(from)));
}
