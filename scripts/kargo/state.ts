import { ALIAS_SEPARATOR, aliasNamespace } from './inflation.ts';

/** Outputs of steps by alias; inside a task by `<task>::<step>`. A step that gave no output has null. */
export type State = Readonly<Record<string, unknown>>;

/**
 * The state after a step ran. Outputs of a step that surfaces in its task are also merged under the task's alias,
 * where later steps of the Stage read them as `outputs.<task>` (facts/observed.md 2).
 */
export function withOutput(
  state: State,
  alias: string,
  output: Readonly<Record<string, unknown>> | undefined,
  surfacesInTask: boolean,
): State {
  const next: Record<string, unknown> = { ...state, [alias]: output ?? null };
  const task = surfacesInTask ? aliasNamespace(alias) : '';
  if (task !== '') {
    const merged = next[task];
    next[task] = { ...(isObject(merged) ? merged : {}), ...output };
  }
  return next;
}

/** What steps of the same task gave, by their short aliases, or `undefined` outside of tasks. */
export function taskOutputs(state: State, alias: string): State | undefined {
  const task = aliasNamespace(alias);
  if (task === '') return undefined;
  const outputs: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(state)) {
    if (aliasNamespace(key) === task)
      outputs[key.slice(task.length + ALIAS_SEPARATOR.length)] = value;
  }
  return outputs;
}

/** The state as it comes back from the API server: keys whose value is null are gone (oracles/promotions.md). */
export function storedState(state: State): State {
  return stored(state) as State;
}

function stored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stored);
  if (!isObject(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (entry !== null && entry !== undefined) kept[key] = stored(entry);
  }
  return kept;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
