import type { CheckContext, CheckId } from './check.ts';
import type { FactName, Seen } from './facts.ts';
import type { Policy } from './policy.ts';

/** What a policy, a rollout or the configuration's rotation lets a run wait for: not the gate's own time. */
export type DemandedWait =
  | 'rollout'
  | 'observation'
  | 'comparison'
  | 'archives'
  | 'restart'
  | 'delivery';

/** What an act gets. */
export interface ActContext extends CheckContext {
  /** Notes in the evidence how long `work` took: a wait that is demanded, however fast a gate is. */
  demanded<T>(wait: DemandedWait, work: () => Promise<T>): Promise<T>;
}

/** One thing a gate does to learn one fact. It runs only when all it needs was seen. */
export interface Act {
  readonly fact: FactName;
  /** For people who follow the run: what is being done, without a full stop. */
  readonly title: string;
  readonly needs: readonly FactName[];
  /** Facts that have to have been seen before it begins, beside those it needs: it does not look at them. */
  requires(policy: Policy): readonly FactName[];
  /**
   * Facts that have to be settled before it begins, beside those; null: all before it in the gate. Whatever
   * else is under way does not disturb it, and it disturbs nothing of that.
   */
  after(policy: Policy): readonly FactName[] | null;
  /** Something of the cluster is changed: said in a dry run. Null for acts that only look. */
  readonly touches: string | null;
  /**
   * The checks that refuse when this act fails. Others that need its fact are then not judged, so that a refusal
   * names its cause; where none is named, all that need the fact refuse.
   */
  readonly answeredBy: readonly CheckId[];
  perform(context: ActContext, seen: Partial<Seen>): Promise<unknown>;
}

/** An act whose needs and result are checked by the compiler. */
export function defineAct<Name extends FactName, Needs extends FactName = never>(act: {
  readonly fact: Name;
  readonly title: string;
  readonly needs: readonly Needs[];
  readonly requires?: (policy: Policy) => readonly FactName[];
  readonly after?: readonly FactName[] | ((policy: Policy) => readonly FactName[]);
  readonly touches?: string;
  readonly answeredBy?: readonly CheckId[];
  perform(context: ActContext, seen: Pick<Seen, Needs>): Promise<Seen[Name]>;
}): Act {
  const { after = null } = act;
  return {
    fact: act.fact,
    title: act.title,
    needs: act.needs,
    requires: act.requires ?? (() => []),
    after: typeof after === 'function' ? after : () => after,
    touches: act.touches ?? null,
    answeredBy: act.answeredBy ?? [],
    // The runner hands over exactly the facts named in `needs`.
    perform: (context, seen) => act.perform(context, seen as Pick<Seen, Needs>),
  };
}
