import { validateConfig } from '../../kargo/steps/config.ts';
import { KARGO_STEP_KINDS } from '../../kargo/steps/index.ts';
import { isComputed } from '../expression-text.ts';
import { isFields, text } from '../fields.ts';
import type { Draft } from '../finding.ts';
import type { Check } from '../rule.ts';
import type { Path } from '../source-file.ts';
import { type WrittenStep, writtenSteps } from '../written-steps.ts';

/** The CRD leaves `config` open; Kargo looks at it when the step's turn comes. Expressions count as any type. */
export const checkStepConfigs: Check = function* ({ bundle }) {
  for (const step of bundle.objects.flatMap(writtenSteps)) {
    const kind = text(step.value['uses']);
    if (KARGO_STEP_KINDS.has(kind)) yield* configDrafts(step, kind);
  }
};

function* configDrafts({ object, path, value }: WrittenStep, kind: string): Generator<Draft> {
  const config = value['config'] ?? null;
  for (const { at, problem, details } of grouped(config, problemsOf(kind, config))) {
    const unknown = /^Additional property (.+) is not allowed$/.exec(problem)?.[1];
    const here: Path = [...path, 'config', ...at];
    const where = at.length === 0 ? 'config' : `config.${at.join('.')}`;
    const reasons = details.length === 0 ? '' : ` (${details.join('; ')})`;
    yield {
      rule: 'kargo/step-config',
      at: unknown === undefined ? object.at(here) : object.atKey([...here, unknown]),
      message:
        value['config'] === undefined
          ? `step ${kind} has no config; Kargo refuses that even where every field may be left out`
          : `step ${kind}: ${where}: ${problem}${reasons}`,
      fix: `see https://docs.kargo.io/user-guide/reference-docs/promotion-steps/${kind}`,
    };
  }
}

/**
 * Problems that stay whatever the expressions give: each expression is tried as several values, and what is wrong with
 * an expression's own value does not count.
 */
function problemsOf(kind: string, config: unknown): readonly string[] {
  const computed = computedPaths(config);
  const judge = (candidate: unknown): readonly string[] =>
    validateConfig(kind, candidate).filter((problem) => {
      const path = pathOf(config, problem);
      return !computed.some((prefix) => prefix.every((step, index) => path[index] === step));
    });
  let best: { readonly config: unknown; readonly problems: readonly string[] } = {
    config,
    problems: judge(config),
  };
  for (const path of computed) {
    for (const value of TRIED_VALUES) {
      if (best.problems.length === 0) return [];
      const tried = replaced(best.config, path, value);
      const problems = judge(tried);
      if (problems.length < best.problems.length) best = { config: tried, problems };
    }
  }
  return best.problems;
}

/** Enough to satisfy or empty each alternative of the shapes. */
const TRIED_VALUES = [true, false, '', null, 1] as const;

interface Problem {
  readonly at: Path;
  readonly problem: string;
  /** What the nearest of several alternatives misses. */
  readonly details: readonly string[];
}

function grouped(config: unknown, problems: readonly string[]): readonly Problem[] {
  const found: { at: Path; problem: string; details: string[] }[] = [];
  for (const text of problems) {
    const at = pathOf(config, text);
    const problem = text.slice(text.indexOf(': ') + 2);
    const last = found.at(-1);
    if (
      last?.problem.startsWith('Must validate ') &&
      last.at.every((step, index) => at[index] === step)
    ) {
      last.details.push(problem);
      // A wrong type is the cause; that no alternative fits is what comes of it.
      if (problem.startsWith('Invalid type')) last.at = at;
    } else found.push({ at, problem, details: [] });
  }
  return found;
}

/** Where a problem is: its text starts with dotted keys, and keys may hold dots themselves. */
function pathOf(config: unknown, problem: string): Path {
  const dotted = problem.slice(0, problem.indexOf(': '));
  if (dotted === '(root)') return [];
  const path: (string | number)[] = [];
  let here = config;
  let rest = dotted;
  while (rest !== '') {
    const keys = isFields(here) || Array.isArray(here) ? Object.keys(here) : [];
    const key =
      keys.find((candidate) => rest === candidate) ??
      keys.find((candidate) => rest.startsWith(`${candidate}.`)) ??
      rest;
    path.push(Array.isArray(here) ? Number(key) : key);
    here = isFields(here) ? here[key] : Array.isArray(here) ? here[Number(key)] : undefined;
    rest = rest.slice(key.length + 1);
  }
  return path;
}

function computedPaths(value: unknown, path: Path = []): readonly Path[] {
  if (isComputed(value)) return [path];
  if (Array.isArray(value)) {
    return value.flatMap((entry, index) => computedPaths(entry, [...path, index]));
  }
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([key, entry]) => computedPaths(entry, [...path, key]));
}

function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((entry, index) => (index === key ? replaced(entry, rest, by) : entry));
  }
  return isFields(value) ? { ...value, [key]: replaced(value[key], rest, by) } : value;
}
