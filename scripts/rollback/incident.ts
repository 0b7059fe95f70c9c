import type { PastFreight } from './candidates.ts';

export interface Incident {
  readonly id: string;
  readonly stage: string;
  readonly reason: string;
  readonly operator: string;
  /** ISO time. */
  readonly at: string;
  readonly from: PastFreight | null;
  readonly to: PastFreight;
}

/** The entry for the incident log, after docs/operations/incident-template.md; what nobody knows yet is left to fill in. */
export function incidentEntry({ id, stage, reason, operator, at, from, to }: Incident): string {
  const of = (past: PastFreight | null) =>
    past === null
      ? 'unknown'
      : `Freight ${past.freight}, commit ${past.sourceCommit.slice(0, 12)}, promotion ${past.promotion}`;
  return `# ${id}: rollback of ${stage}

| | |
|---|---|
| began | ${at} |
| operator | ${cell(operator)} |
| reason | ${cell(reason)} |
| from | ${of(from)} |
| to | ${of(to)} |
| promotion of the rollback | (fill in) |
| verified | (fill in: when the gates of ${stage} passed) |

## What was seen

(fill in: alert, dashboard, gap records; times in UTC)

## What was lost

(fill in: gap records of the archives between the two promotions, or: nothing)

## What follows

(fill in: the change that mends it, and the check that would have refused it)

Rollback-To: ${to.promotion}
`;
}

/** One line, with nothing that ends a cell of the table. */
function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim();
}
