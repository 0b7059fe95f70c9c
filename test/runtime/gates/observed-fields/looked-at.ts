import { verdictOf } from '../../../../runtime/gates/evidence-content.ts';
import { runGate } from '../../../../runtime/gates/run.ts';
import { gateNamed } from '../run-in-world.ts';
import { observing } from './observing.ts';
import { type Path, watched } from './paths.ts';
import type { SeriesFields } from './series.ts';
import type { Whole } from './wholes.ts';

/** One field that a gate looks at, in a good world. */
export interface LookedAt {
  /** Name of the answer. */
  readonly observed: string;
  readonly path: Path;
  /** What is found there, the last time; where it is a list, of its last item. */
  readonly value: unknown;
  /** Whether a later answer said something else: what never does cannot be stale. */
  readonly moves: boolean;
}

export interface Look {
  readonly verdict: string;
  readonly fields: readonly LookedAt[];
  /** An answer of each name. */
  readonly answers: ReadonlyMap<string, unknown>;
}

/** Runs a gate in a good world, and notes every field that its acts and checks look at. */
export async function lookedAt({ make, gate: name, policy }: Whole): Promise<Look> {
  const world = make();
  const answers = new Map<string, unknown>();
  const first = new Map<string, unknown>();
  const looked = new Map<string, Map<Path, unknown>>();
  const platform = observing(world, (observed, answer) => {
    answers.set(observed, answer);
    if (!first.has(observed)) first.set(observed, answer);
    const own = looked.get(observed) ?? new Map<Path, unknown>();
    looked.set(observed, own);
    return observed.startsWith('metrics') ? answer : watched(answer, '', own);
  });
  const series = new Set<string>();
  const gate = gateNamed(name);
  const checks = gate.checks.map((check) => ({
    ...check,
    run: (...[terms, seen]: Parameters<typeof check.run>) =>
      check.run(terms, withSeriesNoted(seen, series)),
  }));
  const done = await runGate({ ...gate, checks }, { ...world.context(policy), platform });
  const fields = [...looked].flatMap(([observed, own]) =>
    [...own].map(([path, value]) => ({ observed, path, value, moves: true })),
  );
  const ofSeries = [...answers].flatMap(([observed, answer]) =>
    observed.startsWith('metrics')
      ? Object.entries(answer as SeriesFields)
          .filter(([key]) => series.has(key.replace(/\{.*/, '')))
          .flatMap(([key, { labels, value }]) => {
            const moves = (first.get(observed) as SeriesFields)[key]?.value !== value;
            const ofValue = { observed, path: `.${key}.value`, value, moves };
            return labels === ''
              ? [ofValue]
              : [ofValue, { observed, path: `.${key}.labels`, value: labels, moves: false }];
          })
      : [],
  );
  return { verdict: verdictOf(done.checks).verdict, fields: [...fields, ...ofSeries], answers };
}

/** The same facts; the names of the series that are asked of their metrics are noted. */
function withSeriesNoted<T>(facts: T, series: Set<string>): T {
  if (typeof facts !== 'object' || facts === null || facts instanceof Date) return facts;
  return new Proxy(facts, {
    get: (target, key, receiver) => {
      const value: unknown = Reflect.get(target, key, receiver);
      if (typeof value !== 'function') return withSeriesNoted(value, series);
      if (!Object.hasOwn(target, key)) return value;
      return (name: string, ...rest: unknown[]) => {
        series.add(name);
        return value(name, ...rest);
      };
    },
  });
}
