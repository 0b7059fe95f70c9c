import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compile, ExprError, run, type Value } from '../../../../scripts/kargo/expr/index.ts';
import { typeName } from '../../../../scripts/kargo/expr/type-name.ts';
import { describeWithShared, sharedPath } from '../../../shared.ts';
import { decode, encode } from './oracle-value.ts';

interface Recorded {
  readonly e: string;
  readonly env: number;
  readonly type?: string;
  readonly value?: unknown;
  readonly stage?: string;
  readonly error?: string;
}

const FILE = 'oracles/expr-eval.jsonl';
/** Shares that are reached; the differences that remain are named below. */
const MIN_VALUES = 0.9999;
const MIN_TEXTS = 0.9999;

/** Differences that are known and why they are left. */
const REASONS: readonly {
  readonly matches: (recorded: Recorded) => boolean;
  readonly why: string;
}[] = [
  {
    matches: ({ e, type }) => type === 'float64' && /\*\*|\^/.test(e),
    why: "powers with a fraction: Go's exp differs from JavaScript's in the last digit (and between processors)",
  },
  {
    matches: ({ e }) => /MST/.test(e),
    why: 'abbreviations of time zones long ago: Intl knows only their offset',
  },
];

describeWithShared('the values and errors of expr-lang v1.17.8, as recorded', FILE, () => {
  it('are the same: type, value, stage of failure and error text', () => {
    const environments = (
      JSON.parse(readFileSync(sharedPath('oracles/expr-envs.json'), 'utf8')) as unknown[]
    ).map(decode);
    const unlike = new Map<string, string[]>();
    const counts = { all: 0, failures: 0, values: 0, texts: 0 };
    const note = (recorded: Recorded, actual: unknown) => {
      const why = REASONS.find(({ matches }) => matches(recorded))?.why ?? 'not known';
      const example = `${recorded.e} [${recorded.env}]: ${JSON.stringify(recorded)} but ${JSON.stringify(actual)}`;
      unlike.set(why, [...(unlike.get(why) ?? []), example]);
    };
    for (const line of readFileSync(sharedPath(FILE), 'utf8').split('\n')) {
      if (line === '') continue;
      const recorded = JSON.parse(line) as Recorded;
      const actual = outcome(recorded.e, environments[recorded.env] ?? null);
      counts.all++;
      const sameStage = recorded.stage === actual.stage;
      const sameValue =
        recorded.type === actual.type &&
        JSON.stringify(recorded.value) === JSON.stringify(actual.value);
      if (sameStage && sameValue) counts.values++;
      if (recorded.error !== undefined) counts.failures++;
      if (recorded.error !== undefined && recorded.error === actual.error) counts.texts++;
      if (!sameStage || !sameValue || recorded.error !== actual.error) note(recorded, actual);
    }
    const values = counts.values / counts.all;
    const texts = counts.texts / counts.failures;
    console.info(
      [
        `expr-eval: ${counts.all} records, ${percent(values)} the same value or stage of failure; ` +
          `${counts.failures} failures, ${percent(texts)} the same text`,
        ...Array.from(
          unlike,
          ([why, examples]) => `  ${examples.length} × ${why}\n    ${examples[0]}`,
        ),
      ].join('\n'),
    );
    expect(values).toBeGreaterThanOrEqual(MIN_VALUES);
    expect(texts).toBeGreaterThanOrEqual(MIN_TEXTS);
  }, 300_000);
});

function outcome(source: string, env: Value): Omit<Recorded, 'e' | 'env'> {
  try {
    const value = run(compile(source), env as Record<string, Value>);
    return { type: typeName(value), value: encode(value) };
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return { stage: error.stage, error: error.message };
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(3)} %`;
}
