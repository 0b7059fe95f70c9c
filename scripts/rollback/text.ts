import type { PreviewResult } from '../preview/result.ts';
import { textReport } from '../preview/text-report.ts';
import type { PastFreight, StageHistory } from './candidates.ts';

export interface RollbackPlan {
  readonly stage: string;
  readonly history: StageHistory;
  readonly target: PastFreight;
  readonly preview: PreviewResult;
  /** What a person does, in order. */
  readonly todo: readonly string[];
}

export function planText({ stage, history, target, preview, todo }: RollbackPlan): string {
  return [
    `Stage ${stage} runs ${described(history.current)}`,
    'What ran before:',
    ...history.earlier.map(
      (past) =>
        `  ${past.freight === target.freight ? '>' : ' '} ${described(past)}${past.against === null ? '' : `: ${past.against}`}`,
    ),
    '',
    'What going back would do',
    textReport(preview, false)
      .split('\n')
      .map((line) => (line === '' ? '' : `  ${line}`))
      .join('\n'),
    'Do',
    ...todo.map((line, index) => `  ${index + 1}. ${line}`),
    '',
  ].join('\n');
}

/** What is left to do, given what the gates would say. */
export function todoFor(
  preview: PreviewResult,
  target: PastFreight,
  project: string,
): readonly string[] {
  const refused = preview.gates.filter(({ passes }) => !passes);
  const { stage, actor } = preview;
  return [
    ...(refused.length === 0
      ? []
      : [
          `File a ticket, because ${refused.map(({ gate }) => gate).join(' and ')} would refuse: npm run break-glass -- new --apply --stage ${stage} --freight ${target.freight} --operator ${actor} --justification "…"; or wait for what the message says. No ticket opens a day that the calendar does not know.`,
        ]),
    `Promote: in Kargo's UI Stage ${stage}, Promote, Select Freight ${target.freight.slice(0, 12)}; or kargo promote --project ${project} --stage ${stage} --freight ${target.freight}`,
    `Watch the Stage's verification; archives and volumes stay as they are`,
    ...(refused.length === 0
      ? []
      : ['Empty the form again: npm run break-glass -- revoke --apply']),
    'Write the incident down: --entry FILE fills in the template (docs/operations/incident-template.md); the commit that Kargo makes has the trailer Rollback-To',
  ];
}

function described(past: PastFreight | null): string {
  if (past === null) return 'nothing that its rendered branch tells';
  const { freight, sourceCommit, promotion, at } = past;
  return `Freight ${freight.slice(0, 12)} (commit ${sourceCommit.slice(0, 12)}) since ${at}, promotion ${promotion}`;
}
