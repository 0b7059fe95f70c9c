import { describe, expect, it } from 'vitest';
import { EMPTY_TICKET, ticketIn, ticketProblems } from '../../../scripts/break-glass/ticket.ts';
import {
  delivery,
  freightOf,
  PROJECT,
  renderedConfigMap,
  validTicket,
} from '../../kargo/bundle.ts';

const OPEN = '2026-11-20T15:00:00Z';
const FREIGHT = freightOf();
const TICKETS: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['nothing wrong', {}],
  ['no id', { id: '-' }],
  ['an id of two characters', { id: 'ab' }],
  ['an id with a blank', { id: 'a b c' }],
  ['blanks around the id', { id: '  INC-42 ' }],
  ['another Stage', { stage: 'canary' }],
  ['another Freight', { freight: 'f'.repeat(40) }],
  ['the beginning of the Freight', { freight: FREIGHT.name.slice(0, 12) }],
  ['another operator', { operator: 'bob' }],
  ['an operator in capitals', { operator: 'Alice' }],
  ['its own approver', { approver: 'alice' }],
  ['another approver', { approver: 'bob' }],
  ['19 characters of justification', { justification: 'x'.repeat(19) }],
  ['20 characters of justification', { justification: 'x'.repeat(20) }],
  ['20 characters outside the basic plane', { justification: '🦉'.repeat(20) }],
  ['19 of them', { justification: '🦉'.repeat(19) }],
  ['500 characters', { justification: 'x'.repeat(500) }],
  ['501 characters', { justification: 'x'.repeat(501) }],
  ['no expiry', { expiresAt: '-' }],
  ['an expiry without zone', { expiresAt: '2026-11-20T16:00:00' }],
  ['an expiry in New York', { expiresAt: '2026-11-20T11:00:00-05:00' }],
  ['a day that does not exist', { expiresAt: '2026-11-31T16:00:00Z' }],
  ['February 29 of a leap year', { expiresAt: '2028-02-29T16:00:00Z' }],
  ['February 29 of another', { expiresAt: '2026-02-29T16:00:00Z' }],
  ['an expiry of now', { expiresAt: OPEN }],
  ['an expiry of a second later', { expiresAt: '2026-11-20T15:00:01Z' }],
  ['four hours', { expiresAt: '2026-11-20T19:00:00Z' }],
  ['four hours and a second', { expiresAt: '2026-11-20T19:00:01Z' }],
];

describe('a ticket is judged as the market gate judges it', () => {
  it.each(TICKETS)('%s', async (_, changes) => {
    const data = {
      ...renderedConfigMap('break-glass'),
      ...validTicket(OPEN, FREIGHT),
      ...changes,
    };
    const subject = delivery(OPEN);
    subject.evidence();
    subject.configMap('break-glass', data);
    const promoted = await subject.promote();
    const gate = /Ticket now: (.*?)\. Until/.exec(promoted.message)?.[1] ?? '';
    const [first] = ticketProblems(ticketIn(data), {
      now: new Date(OPEN),
      stage: 'full',
      freight: FREIGHT.name,
      actor: 'alice',
    });
    expect(first?.problem ?? '').toBe(gate);
    expect(promoted.pushed).toBe(first === undefined);
  });

  it('used before', async () => {
    const subject = delivery(OPEN);
    subject.evidence();
    const data = validTicket(OPEN, subject.freight);
    subject.ticket(data);
    expect(await subject.promote()).toMatchObject({ pushed: true });
    subject.at('2026-11-20T15:01:00Z');
    const again = await subject.promote();
    const ledger = subject.world.freightMetadata(PROJECT, subject.freight.name);
    const problems = ticketProblems(ticketIn(data), {
      now: new Date('2026-11-20T15:01:00Z'),
      actor: 'alice',
      ledger,
    });
    expect(problems.map(({ field }) => field)).toEqual(['id']);
    expect(again.message).toContain(`Ticket now: ${problems[0]?.problem}.`);
  });
});

describe('what is wrong with a ticket', () => {
  it('is said of every field at once, each with what to write', () => {
    const problems = ticketProblems(
      { ...EMPTY_TICKET, id: 'INC-42', stage: 'canary', approver: 'x', operator: 'x' },
      { now: new Date(OPEN), stage: 'full', freight: FREIGHT.name, actor: 'alice' },
    );
    expect(problems.map(({ field }) => field)).toEqual([
      'stage',
      'freight',
      'operator',
      'approver',
      'justification',
      'expiresAt',
    ]);
    expect(problems[1]?.advice).toContain(FREIGHT.name);
    expect(problems.every(({ advice }) => advice !== '')).toBe(true);
  });

  it('does not repeat a justification without end', () => {
    const [problem] = ticketProblems(
      { ...EMPTY_TICKET, id: 'INC-42', stage: 'y'.repeat(1_000_000) },
      { now: new Date(OPEN), stage: 'full' },
    );
    expect(problem?.advice.length).toBeLessThan(200);
  });
});
