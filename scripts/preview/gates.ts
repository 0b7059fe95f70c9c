import type { InflatedStep } from '../kargo/inflation.ts';
import type { StepRecord } from '../kargo/promotion.ts';
import type { State } from '../kargo/state.ts';
import type { GateDecision } from './result.ts';

/** Aliases of the tasks of a promotion that can refuse it, in order: those with a step `fail`. */
export function gatesAmong(steps: readonly InflatedStep[]): readonly string[] {
  const refusing = steps.filter(({ uses }) => uses === 'fail').map(({ as }) => groupOf(as));
  return [...new Set(refusing)].filter((group) => group !== '');
}

/** Alias of the task that a step was inflated from; empty for a step of the Stage's own. */
export function groupOf(alias: string): string {
  const end = alias.indexOf('::');
  return end < 0 ? '' : alias.slice(0, end);
}

/** What one gate decided; null if it was not asked. */
export function decisionOf(
  gate: string,
  records: readonly StepRecord[],
  state: State,
): GateDecision | null {
  const own = records.filter(({ alias }) => groupOf(alias) === gate);
  const stopped = own.find(({ status }) => status === 'Failed' || status === 'Errored');
  if (stopped !== undefined) {
    return { gate, passes: false, reason: withoutPrefix(stopped.message) };
  }
  if (!own.some(({ status }) => status === 'Succeeded')) return null;
  return { gate, passes: true, reason: whyItPasses(gate, state) };
}

/** A refusal without Kargo's words before it. */
export function withoutPrefix(message: string): string {
  return message.replace(/^.*?: failed: /s, '');
}

/** In the words of what the gates' own steps found; a gate that this code does not know just passes. */
function whyItPasses(gate: string, state: State): string {
  const output = (step: string) =>
    (state[`${gate}::${step}`] ?? {}) as Readonly<Record<string, unknown>>;
  const session = output('session');
  const ticket = output('ticket')['form'] as { readonly id?: string } | undefined;
  const judged = output('judged');
  const latest = output('latest');
  const problem = String(session['stopped'] ?? judged['problem'] ?? '');
  if (ticket?.id !== undefined && problem !== '') {
    return `${problem}; ticket ${ticket.id} opens it and is spent`;
  }
  if (session['state'] === 'closed') {
    return `nothing stops promotions at ${String(output('clock')['now'])}`;
  }
  if (latest['ranHere'] === true) return 'the Freight ran in this Stage before';
  if (latest['verdict'] !== undefined) {
    return `verdict ${String(latest['verdict'])} of ${String(latest['finishedAt'])}, run ${String(latest['run'])}`;
  }
  return 'passes';
}
