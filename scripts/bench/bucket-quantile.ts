/**
 * The upper bound of the bucket below which `share` of what the histogram `name` gained between two looks lies: a
 * quantile that is never too good. Infinity when it is beyond the last bound, NaN when nothing came.
 */
export function bucketQuantile(
  name: string,
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  share: number,
): number {
  const gained = (key: string) => (after.get(key) ?? 0) - (before.get(key) ?? 0);
  const total = gained(`${name}_count`);
  if (total === 0) return Number.NaN;
  const prefix = `${name}_bucket{le="`;
  for (const key of after.keys()) {
    if (!key.startsWith(prefix)) continue;
    const bound = key.slice(prefix.length, -'"}'.length);
    if (gained(key) >= share * total)
      return bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
  }
  return Number.NaN;
}
