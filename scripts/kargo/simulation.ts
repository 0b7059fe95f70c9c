import type { InflatedStep } from './inflation.ts';

/** A step whose outputs are an assumption. */
export interface SimulatedStep {
  readonly alias: string;
}

/**
 * Why a step cannot be believed although it was carried out: its condition, variables or configuration read outputs of a
 * step that was simulated. `undefined` where they read none. Expressions are not followed: one that names `outputs` and
 * the alias, or outputs by a computed name, counts as reading it.
 */
export function dependence(
  step: InflatedStep,
  simulated: readonly SimulatedStep[],
): string | undefined {
  if (simulated.length === 0) return undefined;
  const text = JSON.stringify([step.if, step.vars, step.config]);
  if (!text.includes('outputs')) return undefined;
  const source = simulated.find(({ alias }) => reads(text, alias));
  if (source === undefined) return undefined;
  return `depends on outputs of step ${JSON.stringify(source.alias)}, which was simulated`;
}

function reads(text: string, alias: string): boolean {
  // Inside a task its own steps go by their last name.
  const name = alias.split('::').at(-1) ?? alias;
  return text.includes(name) || /outputs(?:\s*\[\s*[^"'\\\s]|(?!\s*[.?[]))/.test(text);
}
