/** The fields of ConfigMap break-glass, as market-gate reads them. */
export const TICKET_FIELDS = [
  'id',
  'stage',
  'freight',
  'operator',
  'approver',
  'justification',
  'expiresAt',
] as const;
export type TicketField = (typeof TICKET_FIELDS)[number];
export type Ticket = Readonly<Record<TicketField, string>>;

/** Kargo's form refuses blanks, so this stands for an empty field. */
export const EMPTY = '-';
export const EMPTY_TICKET = Object.fromEntries(
  TICKET_FIELDS.map((field) => [field, EMPTY]),
) as Ticket;

/** What the promotion that a ticket is held against is like; what is not known is not judged. */
export interface TicketUse {
  readonly now: Date;
  readonly stage?: string | undefined;
  readonly freight?: string | undefined;
  /** Who promotes, as Kargo knows them. */
  readonly actor?: string | undefined;
  /** The Freight's metadata: the ledger of used tickets. */
  readonly ledger?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface TicketProblem {
  readonly field: TicketField;
  /** In market-gate's words where it has any. */
  readonly problem: string;
  readonly advice: string;
}

const LONGEST_MS = 4 * 3_600_000;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$/;
/** Seconds that exist, in this century. An expression would end in an error for any other, and not in a reason. */
const EXPIRY =
  /^20(\d{2}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))|([02468][048]|[13579][26])-02-29)T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const SHORTEST_JUSTIFICATION = 20;
const LONGEST_JUSTIFICATION = 500;

/** A ticket as it stands in the ConfigMap; a key that is missing counts as empty, as in the gate. */
export function ticketIn(data: Readonly<Record<string, string>>): Ticket {
  return Object.fromEntries(
    TICKET_FIELDS.map((field) => [field, (data[field] ?? '').trim()]),
  ) as Ticket;
}

/** Whether nobody filed one: then nothing else of it matters. */
export function isEmpty({ id }: Ticket): boolean {
  return id === '' || id === EMPTY;
}

/**
 * Everything that is wrong with a ticket, in the order in which market-gate looks at it: the first is what the gate says.
 * The gate decides, not this; test/scripts/break-glass/ticket.test.ts holds the two together.
 */
export function ticketProblems(ticket: Ticket, use: TicketUse): readonly TicketProblem[] {
  if (isEmpty(ticket)) {
    const advice = 'npm run break-glass -- new prepares one';
    return [{ field: 'id', problem: 'none is filed', advice }];
  }
  const { id, stage, freight, operator, approver } = ticket;
  const about = `ticket ${id}`;
  const candidates: readonly (TicketProblem | false)[] = [
    !ID.test(id) && {
      field: 'id',
      problem: 'its id must be 3 to 40 letters, digits, dots, dashes or underscores',
      advice: 'such as INC-42',
    },
    differs(stage, use.stage) && {
      field: 'stage',
      problem: `${about} is not for Stage ${use.stage}`,
      advice: `write ${use.stage}, not ${shown(stage)}`,
    },
    differs(freight, use.freight) && {
      field: 'freight',
      problem: `${about} is for another Freight`,
      advice: `write the whole name ${use.freight}, not ${shown(freight)} and not an alias`,
    },
    use.actor === '' && {
      field: 'operator',
      problem: 'Kargo does not know who promotes: sign in, and do not use an API token',
      advice: 'sign in through the identity provider and promote again',
    },
    differs(operator, use.actor) && {
      field: 'operator',
      problem: `${about} is for another operator`,
      advice: `write ${use.actor}, as Kargo knows who promotes, not ${shown(operator)}`,
    },
    approver !== '' &&
      approver !== EMPTY &&
      approver === operator && {
        field: 'approver',
        problem: `${about} is approved by its own operator`,
        advice: 'name somebody else, or -',
      },
    ...justificationProblems(ticket),
    ...expiryProblems(ticket, use.now),
    ...usedBefore(ticket, use),
  ];
  return candidates.filter((candidate) => candidate !== false);
}

function justificationProblems({ id, justification }: Ticket): readonly TicketProblem[] {
  // Characters as expr counts them: code points.
  const { length } = [...justification];
  const bound =
    length < SHORTEST_JUSTIFICATION
      ? `at least ${SHORTEST_JUSTIFICATION}`
      : length > LONGEST_JUSTIFICATION
        ? `at most ${LONGEST_JUSTIFICATION}`
        : null;
  if (bound === null) return [];
  return [
    {
      field: 'justification',
      problem: `ticket ${id} needs a justification of ${bound} characters`,
      advice: `it has ${length}; it goes into git and onto the Freight`,
    },
  ];
}

function expiryProblems({ id, expiresAt }: Ticket, now: Date): readonly TicketProblem[] {
  const field = 'expiresAt';
  // The gate's clock has no fractions of a second.
  const at = Math.floor(now.getTime() / 1000) * 1000;
  if (!EXPIRY.test(expiresAt)) {
    const problem = `ticket ${id} needs expiresAt in UTC like 2026-11-20T18:00:00Z`;
    return [{ field, problem, advice: `not ${shown(expiresAt)}` }];
  }
  const left = Date.parse(expiresAt) - at;
  if (left <= 0) {
    const problem = `ticket ${id} expired at ${expiresAt}`;
    return [{ field, problem, advice: 'file another' }];
  }
  if (left <= LONGEST_MS) return [];
  const latest = `${new Date(at + LONGEST_MS).toISOString().slice(0, 19)}Z`;
  const problem = `ticket ${id} lasts longer than 4 hours`;
  return [{ field, problem, advice: `now at most ${latest}` }];
}

function usedBefore({ id, stage }: Ticket, { ledger }: TicketUse): readonly TicketProblem[] {
  const use = ledger?.[`breakGlass-${stage}-${id}`];
  if (use === undefined || use === null) return [];
  const promotion = String((use as { readonly promotion?: unknown }).promotion);
  return [
    {
      field: 'id',
      problem: `ticket ${id} was used by ${promotion}`,
      advice: 'a ticket opens one promotion: file another under a new id',
    },
  ];
}

function differs(value: string, wanted: string | undefined): boolean {
  return wanted !== undefined && value !== wanted;
}

function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
