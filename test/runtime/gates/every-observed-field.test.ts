import { describe, expect, it } from 'vitest';
import { GATES } from '../../../runtime/gates/gates.ts';
import { kindsFor, refuses } from './observed-fields/damaged-run.ts';
import { DECIDES_NOTHING, reasonFor } from './observed-fields/decides-nothing.ts';
import { type LookedAt, lookedAt } from './observed-fields/looked-at.ts';
import { WHOLES } from './observed-fields/wholes.ts';

/** Some hundred runs of a gate; a busy machine takes a while for them. */
const PART_TIMEOUT_MS = 120_000;

const LOOKS = await Promise.all(
  WHOLES.map(async (whole) => ({ whole, look: await lookedAt(whole) })),
);

describe('what a gate looks at, when absent, empty, stale, truncated, foreign or malformed, is refused or listed with the reason why it decides nothing', () => {
  const used = new Set<string>();

  it.each(
    LOOKS.flatMap(({ whole, look }) =>
      [...Map.groupBy(look.fields, partOf)].map(([part, fields]) => ({
        name: whole.name,
        part,
        whole,
        look,
        fields,
      })),
    ),
  )(
    '$name: $part',
    async ({ name, whole, look, fields }) => {
      const passed: string[] = [];
      for (const field of fields) {
        for (const kind of kindsFor(field)) {
          if (await refuses(whole, look, field, kind)) continue;
          const reason = reasonFor(name, field, kind);
          if (reason === null) passed.push(`${field.observed}${field.path} ${kind}`);
          else used.add(reason);
        }
      }
      expect(passed).toEqual([]);
    },
    PART_TIMEOUT_MS,
  );

  it('begins with worlds that pass, of every gate', () => {
    expect(LOOKS.map(({ look }) => look.verdict)).toEqual(LOOKS.map(() => 'PASS'));
    expect(new Set(WHOLES.map(({ gate }) => gate))).toEqual(new Set(Object.keys(GATES)));
  });

  it('is listed only where it still is so', () => {
    const reasons = DECIDES_NOTHING.map(({ because }) => because);
    expect(reasons.filter((one) => !used.has(one))).toEqual([]);
  });
});

/** The answer, and of a report what of it. */
function partOf({ observed, path }: LookedAt): string {
  return observed === 'report' ? `${observed}${/^\.\w+/.exec(path)?.[0] ?? ''}` : observed;
}
