import type { ApplicationState } from '../../../../runtime/gates/delivery-state.ts';
import { verdictOf } from '../../../../runtime/gates/evidence-content.ts';
import type { JobOutcome, Pod } from '../../../../runtime/gates/platform.ts';
import { runGate } from '../../../../runtime/gates/run.ts';
import { inspectReport } from '../../../../runtime/inspector/report.ts';
import { eventSummary } from '../../../../runtime/inspector/summary.ts';
import { gateNamed } from '../run-in-world.ts';
import { damages, type Kind } from './damages.ts';
import type { Look, LookedAt } from './looked-at.ts';
import { observing } from './observing.ts';
import { changedAt } from './paths.ts';
import type { SeriesFields } from './series.ts';
import type { Whole } from './wholes.ts';

type NullableOf<T> = { [Key in keyof T]-?: null extends T[Key] ? Key : never }[keyof T];
/** Fields that the gates' own reading of Kubernetes may leave without a value; the compiler says which are missing here. */
const NULLABLE: ReadonlySet<string> = new Set(
  Object.keys({
    imageDigest: true,
    startedAt: true,
    exitCode: true,
    revision: true,
  } satisfies Record<
    NullableOf<Pod> | NullableOf<JobOutcome> | NullableOf<ApplicationState>,
    true
  >),
);

/** The damages that make sense of a field. */
export function kindsFor({ observed, path, value, moves }: LookedAt): readonly Kind[] {
  const kinds = Object.keys(damages(value)) as Kind[];
  if (observed.startsWith('metrics')) {
    return [...kinds.filter((kind) => kind !== 'absent'), ...(moves ? (['stale'] as const) : [])];
  }
  if (schemaOf(observed) !== null) return kinds;
  return kinds.filter(
    (kind) => kind !== 'left out' && (kind !== 'absent' || NULLABLE.has(path.replace(/^.*\./, ''))),
  );
}

/**
 * Whether a gate refuses when one field is damaged, from the first answer on or, where that alone is not seen, from the
 * second: what is compared with itself has to differ. What the schema of an answer refuses reaches no gate.
 */
export async function refuses(
  { make, gate, policy }: Whole,
  { answers }: Look,
  { observed, path }: LookedAt,
  kind: Kind,
): Promise<boolean> {
  const schema = schemaOf(observed);
  if (schema !== null) {
    const { success } = schema.safeParse(damaged(answers.get(observed), path, kind, null));
    if (!success) return true;
  }
  for (const from of [0, 1]) {
    const world = make();
    let first: unknown = null;
    const pass = (_name: string, answer: unknown, before: number): unknown => {
      first ??= answer;
      return before < from ? answer : damaged(answer, path, kind, first);
    };
    const platform = observing(world, pass, observed);
    const { checks } = await runGate(gateNamed(gate), { ...world.context(policy), platform });
    if (verdictOf(checks).verdict === 'FAIL') return true;
  }
  return false;
}

/** @param first an earlier answer of the same name, which is what stale metrics say */
function damaged(answer: unknown, path: string, kind: Kind, first: unknown): unknown {
  const [, key, part] = /^\.(.+)\.(value|labels)$/.exec(path) ?? [];
  if (key !== undefined && isMetrics(answer) && isMetrics(first)) {
    if (kind === 'left out') return changedAt(answer, `.${key}`, () => undefined);
    if (kind === 'stale') return changedAt(answer, `.${key}`, (now) => first[key] ?? now);
    if (kind === 'malformed' && part === 'value') return changedAt(answer, path, () => Number.NaN);
  }
  return changedAt(answer, path, (value) => {
    const ways = damages(value);
    return Object.hasOwn(ways, kind) ? ways[kind] : value;
  });
}

function isMetrics(answer: unknown): answer is SeriesFields {
  if (typeof answer !== 'object' || answer === null) return false;
  const [one] = Object.values(answer);
  return typeof one === 'object' && one !== null && 'labels' in one && 'value' in one;
}

/** What the platform reads an inspector's answer by. */
function schemaOf(observed: string) {
  if (observed === 'report') return inspectReport;
  return observed.startsWith('summary') ? eventSummary : null;
}
