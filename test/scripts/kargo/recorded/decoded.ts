/** A value of a recording with Go floats that JSON cannot hold (oracles/README.md, "Value encoding"). */
export function decoded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decoded);
  if (typeof value !== 'object' || value === null) return value;
  if ('$type' in value && value.$type === 'float' && 'v' in value) {
    return value.v === '+Inf'
      ? Infinity
      : value.v === '-Inf'
        ? -Infinity
        : value.v === 'NaN'
          ? Number.NaN
          : Number(value.v);
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, decoded(entry)]));
}
