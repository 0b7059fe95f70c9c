import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeText } from '../../../../scripts/kargo/expr/ast-text.ts';
import { ExprError, parse } from '../../../../scripts/kargo/expr/index.ts';
import { describeWithShared, sharedPath } from '../../../shared.ts';

interface Recorded {
  readonly e: string;
  readonly error?: string;
  readonly ast?: string;
}

const FILE = 'oracles/expr-parse.jsonl';

describeWithShared('the parser of expr-lang v1.17.8, as recorded', FILE, () => {
  it('accepts and refuses the same expressions, with the same trees and error texts', () => {
    const differences: string[] = [];
    const counts = { accepted: 0, refused: 0, trees: 0 };
    for (const line of readFileSync(sharedPath(FILE), 'utf8').split('\n')) {
      if (line === '') continue;
      const recorded = JSON.parse(line) as Recorded;
      if (recorded.error === undefined) counts.accepted++;
      else counts.refused++;
      if (recorded.ast !== undefined) counts.trees++;
      const actual = outcome(recorded.e);
      const same =
        recorded.error === undefined
          ? actual.error === undefined &&
            (recorded.ast === undefined || recorded.ast === actual.ast)
          : recorded.error === actual.error;
      if (!same) differences.push(`${recorded.e}\n${JSON.stringify({ recorded, actual })}`);
    }
    console.info(
      `expr-parse: ${counts.accepted} accepted, ${counts.refused} refused, ${counts.trees} trees; ` +
        `${differences.length} differences`,
    );
    expect(differences).toEqual([]);
    expect(counts.refused).toBeGreaterThan(1_000);
    expect(counts.trees).toBeGreaterThan(1_000);
  });
});

function outcome(source: string): { ast?: string; error?: string } {
  try {
    return { ast: nodeText(parse(source)) };
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return { error: error.message };
  }
}
