import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { invalidConfigMessage, validateConfig } from '../../../../scripts/kargo/steps/config.ts';
import { KARGO_STEP_KINDS } from '../../../../scripts/kargo/steps/index.ts';
import { describeWithShared, sharedPath } from '../../../shared.ts';

const KINDS = [...KARGO_STEP_KINDS].toSorted();

interface Recorded {
  readonly step: string;
  readonly config: unknown;
  readonly valid: boolean;
  readonly error?: string;
  readonly problems?: readonly string[];
}

describeWithShared(
  'configurations judged as Kargo judged them',
  'oracles/kargo-errors.jsonl',
  () => {
    test.each(KINDS)('%s: the same verdict and the same words', (kind) => {
      const records = readFileSync(sharedPath('oracles/kargo-errors.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Recorded)
        .filter(({ step }) => step === kind);
      expect(records.length).toBeGreaterThan(3);
      const expected = records.map(({ config, valid, error }) => ({
        config,
        valid,
        error: sorted(error),
      }));
      const seen = records.map(({ config }) => {
        const problems = validateConfig(kind, config);
        if (problems.length === 0) return { config, valid: true, error: undefined };
        return { config, valid: false, error: sorted(invalidConfigMessage(kind, problems)) };
      });
      expect(seen).toEqual(expected);
    });
  },
);

/** Where a configuration has several problems, Kargo's order of them changes from run to run. */
function sorted(error: string | undefined): string | undefined {
  const prefix = /^invalid [a-z-]+ config: /.exec(error ?? '')?.[0] ?? '';
  const problems = error?.slice(prefix.length).split('\n').sort().join('\n');
  return problems === undefined ? undefined : `${prefix}${problems}`;
}
