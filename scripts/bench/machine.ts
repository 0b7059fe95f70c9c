import { cpus, loadavg } from 'node:os';

/** One line that says on what, and beside what, a benchmark ran. */
export function machine(): string {
  const [cpu] = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `machine: ${cpus().length} × ${cpu?.model.trim()}, Node ${process.version}, load before ${load}, ${new Date().toISOString().slice(0, 16)}Z`;
}

/** The command line as it was typed, for whoever repeats it. */
export function commandLine(name: string): string {
  return `command: npm run bench:${name}${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`;
}

/** `--name value` as a number, or `fallback`. */
export function numberOption(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  if (at === -1) return fallback;
  const value = Number(process.argv[at + 1]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(
    `--${name}: expected a positive number, got ${process.argv[at + 1] ?? 'nothing'}`,
  );
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which `share` of all lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN;
}

/** `12345 (11000 … 13000)`: the median and the extremes. */
export function spread(values: readonly number[], digits = 0): string {
  const text = (value: number) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))} … ${text(Math.max(...values))})`;
}
