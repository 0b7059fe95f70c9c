import { GateError } from './error.ts';

/** Values of one scrape. */
export interface Metrics {
  /** Sum over the series of `name` that carry all `labels`, or null if there is no such series. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | null;
  /** Labels of the series of `name`. */
  labels(name: string): readonly Readonly<Record<string, string>>[];
}

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

/**
 * Parses Prometheus text (the exposition format 0.0.4 that prom-client writes). A line that is not of it, or a text
 * that does not end with a line feed (it was cut), is a GATE_OBSERVATION_INVALID: half a scrape must not be judged.
 */
export function parseMetrics(text: string): Metrics {
  if (text === '') throw invalid('expected Prometheus text, got an empty answer');
  if (!text.endsWith('\n')) {
    throw invalid('expected Prometheus text to end with a line feed; it was cut off');
  }
  const series: Series[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    series.push(parseLine(line, index + 1));
  }
  return {
    value: (name, labels = {}) => {
      const found = series.filter((one) => one.name === name && carries(one.labels, labels));
      return found.length === 0 ? null : found.reduce((sum, one) => sum + one.value, 0);
    },
    labels: (name) => series.filter((one) => one.name === name).map((one) => one.labels),
  };
}

function parseLine(line: string, number: number): Series {
  const match = LINE.exec(line);
  const [, name, labelText, valueText] = match ?? [];
  if (name === undefined || valueText === undefined) {
    throw invalid(`line ${number} is not Prometheus text: ${JSON.stringify(line.slice(0, 80))}`);
  }
  return { name, labels: parseLabels(labelText ?? '', number), value: parseValue(valueText) };
}

function parseLabels(text: string, number: number): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  let end = 0;
  for (let match = LABEL.exec(text); match !== null; match = LABEL.exec(text)) {
    const [, key, value] = match;
    if (key !== undefined && value !== undefined) labels[key] = unescaped(value);
    end = LABEL.lastIndex;
  }
  if (end !== text.length)
    throw invalid(`line ${number} has labels that cannot be read: {${text}}`);
  return labels;
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_all, character: string) =>
    character === 'n' ? '\n' : character,
  );
}

function parseValue(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  // A word is no number: NaN then, which no check takes for a value.
  return Number(text);
}

function carries(
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function invalid(message: string): GateError {
  return new GateError('GATE_OBSERVATION_INVALID', `metrics: ${message}`);
}
