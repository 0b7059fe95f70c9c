import { parse } from 'yaml';
import { suggestion } from '../../runtime/config/suggestion.ts';
import { ClusterError } from '../cluster/failure.ts';
import { type ChartOptions, renderChart, source } from './chart-source.ts';
import { isMap, type Values } from './values.ts';

type Path = readonly string[];

/**
 * Values of ours that the chart does not take, each as `path: what is wrong`. Helm ignores such values without a word: a
 * key that was renamed turns off nothing that it was meant to turn off.
 *
 * A value is known where the chart's own values.yaml has its key, or where the manifests change with it: charts have maps
 * that take any key, and keys that they leave out of values.yaml.
 */
export async function unknownValues(options: ChartOptions): Promise<readonly string[]> {
  const { helm, values } = options;
  const defaults = chartValues(await helm.run(['show', 'values', ...source(options)]), options);
  const findings: string[] = [];
  let whole: string | null = null;
  for (const path of leaves(values)) {
    const lacking = lackingAt(defaults, path);
    if (lacking === null) continue;
    whole ??= await renderChart(options, values);
    if (await matters(options, path, whole)) continue;
    const near = suggestion(lacking.key, lacking.siblings);
    findings.push(
      `${spelt(path)}: the chart has no such value, and renders the same with another one or none${near === null ? '' : `; did you mean ${near}?`}`,
    );
  }
  return findings;
}

/** @throws ClusterError VALUES_UNKNOWN naming each value that would be ignored */
export async function requireKnownValues(options: ChartOptions): Promise<void> {
  const findings = await unknownValues(options);
  if (findings.length === 0) return;
  const { name, chart, version } = options.component;
  throw new ClusterError(
    'VALUES_UNKNOWN',
    `${chart} ${version} would ignore ${findings.join('; ')}. Change platform/values/${name}.yaml, or the file of --values ${name}=…`,
  );
}

function chartValues(text: string, { component }: ChartOptions): Values {
  const value: unknown = parse(text);
  if (value === null || value === undefined) return {};
  if (isMap(value)) return value;
  throw new ClusterError(
    'BROKEN_ANSWER',
    `helm show values: expected a map of ${component.chart}'s values, seen something else; is the chart whole?`,
  );
}

/** The first key that the chart's own values lack, and those that stand there. */
interface Unknown {
  readonly key: string;
  readonly siblings: readonly string[];
}

/** Null where the chart's own values have the key, and no keys of their own below it that ours would take away. */
function lackingAt(defaults: Values, path: Path): Unknown | null {
  let here: unknown = defaults;
  for (const key of path) {
    if (!isMap(here)) return { key, siblings: [] };
    if (!(key in here)) return { key, siblings: Object.keys(here) };
    here = here[key];
  }
  const takesAway = isMap(here) && Object.keys(here).length > 0;
  return takesAway ? { key: path.at(-1) ?? '', siblings: [] } : null;
}

/** Whether the manifests change with the value: without it, or (it may be what the chart takes by itself) with another. */
async function matters(options: ChartOptions, path: Path, whole: string): Promise<boolean> {
  if (
    whole !==
    (await tried(
      options,
      changed(options.values, path, () => undefined),
    ))
  )
    return true;
  return whole !== (await tried(options, changed(options.values, path, another)));
}

/** Null where the chart refuses to be rendered, which is how some of them ask for a value. */
async function tried(options: ChartOptions, values: Values): Promise<string | null> {
  try {
    return await renderChart(options, values);
  } catch (error) {
    if (error instanceof ClusterError && error.code === 'PROGRAM_FAILED') return null;
    throw error;
  }
}

function another(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  return Array.isArray(value) ? [...value, 'x'] : `${String(value ?? '')}x`;
}

/** Every value that is no map with keys; a list is one value, as it is for Helm. */
function leaves(value: unknown, path: Path = []): readonly Path[] {
  if (!isMap(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    isMap(inner) && Object.keys(inner).length === 0 ? [] : leaves(inner, [...path, key]),
  );
}

/** The values with another one at the path, or with none where that is undefined. */
function changed(values: Values, path: Path, to: (value: unknown) => unknown): Values {
  const [key = '', ...rest] = path;
  const { [key]: inner, ...others } = values;
  const next = rest.length > 0 && isMap(inner) ? changed(inner, rest, to) : to(inner);
  return next === undefined ? others : { ...others, [key]: next };
}

/** Such as `configs.cm."admin.enabled"`. */
function spelt(path: Path): string {
  return path.map((key) => (key.includes('.') ? JSON.stringify(key) : key)).join('.');
}
