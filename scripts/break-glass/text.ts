import type { ClusterAccess } from '../cluster/kubectl.ts';
import type { TicketRecord } from './audit.ts';
import { TICKET_FIELDS, type Ticket, type TicketProblem } from './ticket.ts';

/** The form field by field, and why the gates would refuse it. */
export function ticketText(ticket: Ticket, problems: readonly TicketProblem[]): string {
  const lines = TICKET_FIELDS.map((field) => {
    const wrong = problems.filter((problem) => problem.field === field);
    const reasons = wrong.map(({ problem, advice }) => `${problem} (${advice})`).join('; ');
    return `  ${field.padEnd(14)}${ticket[field]}${reasons === '' ? '' : `    <- ${reasons}`}`;
  });
  const verdict =
    problems.length === 0
      ? 'The gates would take this ticket.'
      : `The gates would refuse this ticket: ${problems[0]?.problem}.`;
  return `${[...lines, verdict].join('\n')}\n`;
}

/** A kubectl command to copy into a shell. */
export function commandText(
  { kubeconfig, context }: ClusterAccess,
  words: readonly string[],
): string {
  const all = [
    'kubectl',
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...words,
  ];
  return `${all.map(quoted).join(' ')}\n`;
}

export function auditText(records: readonly TicketRecord[], asked: boolean): string {
  const from = asked
    ? 'the Freight of the cluster and the rendered branches'
    : 'the rendered branches as they were fetched last; --cluster asks the Freight too, whose record counts';
  const lines = records.flatMap((record) => [
    `${record.at}  ${record.id}  Stage ${record.stage}  by ${record.operator}${record.approver === '' || record.approver === '-' ? '' : `, approved by ${record.approver}`}`,
    `    ${record.justification}`,
    `    Freight ${record.freight}, promotion ${record.promotion}, ${record.commit === null ? 'no commit known' : `commit ${record.commit.slice(0, 12)}`}`,
    ...(record.opened === '' ? [] : [`    opened: ${record.opened}`]),
    ...record.doubts.map((doubt) => `    DOUBTFUL: ${doubt}`),
  ]);
  return `${records.length} uses of a ticket, from ${from}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
