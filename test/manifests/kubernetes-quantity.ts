const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 0.001,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A Kubernetes quantity such as `250m` or `1Gi` as a number: cores or bytes. Throws on what it does not know. */
export function quantity(text: string | number): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)$/.exec(String(text));
  const unit = UNITS[match?.[2] ?? 'none'];
  if (match === null || unit === undefined) throw new Error(`no quantity: ${text}`);
  return Number(match[1]) * unit;
}
