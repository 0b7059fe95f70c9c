import { describe, expect, it } from 'vitest';
import { type Delivery, delivery, freightOf, PROJECT, trailersOf, validTicket } from './bundle.ts';

const OPEN = '2026-11-20T15:00:00Z';
const CLOSED = '2026-11-21T15:00:00Z';

function open(changes: Readonly<Record<string, string>> = {}): Delivery {
  const subject = delivery(OPEN);
  subject.evidence();
  subject.ticket({ ...validTicket(OPEN, subject.freight), ...changes });
  return subject;
}

function ledger(subject: Delivery): Readonly<Record<string, Record<string, string>>> {
  const metadata = subject.world.freightMetadata(PROJECT, subject.freight.name) ?? {};
  return metadata as Record<string, Record<string, string>>;
}

describe('a break-glass ticket', () => {
  it('opens the gate for one promotion, is written on the Freight before anything acts, and into the commit', async () => {
    const subject = open();
    let atClone: unknown;
    const promoted = await subject.promote({
      before: (alias) => {
        if (alias === 'render::clone') atClone = ledger(subject)['breakGlass-full-INC-42'];
      },
    });
    expect(promoted).toMatchObject({ phase: 'Succeeded', pushed: true });
    const record = ledger(subject)['breakGlass-full-INC-42'];
    expect(atClone).toEqual(record);
    expect(record).toMatchObject({
      stage: 'full',
      operator: 'alice',
      justification: 'the recorder loses frames right now',
      at: OPEN,
    });
    expect(record?.['for']).toContain('US equities trade');
    expect(trailersOf(subject.commits[0] ?? '')).toMatchObject({
      Freight: subject.freight.name,
      'Break-Glass-Id': 'INC-42',
      'Break-Glass-Operator': 'alice',
      'Break-Glass-Justification': 'the recorder loses frames right now',
    });
  });

  it.each([
    ['none', { id: '-' }, 'none is filed'],
    ['an id of odd characters', { id: 'a b' }, 'its id must be 3 to 40'],
    ['another Stage', { stage: 'canary' }, 'is not for Stage full'],
    ['another Freight', { freight: freightOf('e'.repeat(40)).name }, 'is for another Freight'],
    ['another operator', { operator: 'bob' }, 'is for another operator'],
    ['an empty operator', { operator: '-' }, 'is for another operator'],
    ['its own approver', { approver: 'alice' }, 'is approved by its own operator'],
    ['a short justification', { justification: 'because I can' }, 'at least 20 characters'],
    ['a justification of blanks', { justification: ' '.repeat(40) }, 'at least 20 characters'],
    ['an empty justification', { justification: '-' }, 'at least 20 characters'],
    [
      'a justification without end',
      { justification: 'x'.repeat(900_000) },
      'at most 500 characters',
    ],
    ['no expiry', { expiresAt: '-' }, 'needs expiresAt in UTC like'],
    ['a malformed expiry', { expiresAt: 'tomorrow' }, 'needs expiresAt in UTC like'],
    [
      'an expiry on a day that does not exist',
      { expiresAt: '2026-11-31T15:30:00Z' },
      'needs expiresAt in UTC like',
    ],
    [
      'an expiry in another zone',
      { expiresAt: '2026-11-20T15:30:00+01:00' },
      'needs expiresAt in UTC like',
    ],
    ['an expiry that is now', { expiresAt: OPEN }, 'expired at 2026-11-20T15:00:00Z'],
    [
      'an expiry more than four hours ahead',
      { expiresAt: '2026-11-20T19:00:01Z' },
      'lasts longer than 4 hours',
    ],
  ])('is refused with its reason: %s', async (_, changes, reason) => {
    const subject = open(changes);
    const refused = await subject.promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toContain(reason);
    expect(refused.message.length).toBeLessThan(800);
    expect(ledger(subject)).toEqual({});
  });

  it.each([
    ['exactly four hours', { expiresAt: '2026-11-20T19:00:00Z' }],
    ['another approver', { approver: 'bob' }],
    ['blanks around its fields', { id: ' INC-42 ', operator: ' alice ', stage: 'full ' }],
  ])('is accepted with %s', async (_, changes) => {
    expect(await open(changes).promote()).toMatchObject({ phase: 'Succeeded', pushed: true });
  });

  it('opens nothing a second time, whatever is in the form', async () => {
    const subject = open();
    const first = await subject.promote();
    expect(first.phase).toBe('Succeeded');
    const second = await subject.promote();
    expect(second).toMatchObject({ phase: 'Failed', pushed: false });
    expect(second.message).toContain('ticket INC-42 was used by full.');
    subject.ticket({ ...validTicket(OPEN, subject.freight), id: 'INC-43' });
    expect(await subject.promote()).toMatchObject({ phase: 'Succeeded' });
    expect(Object.keys(ledger(subject)).filter((key) => key.startsWith('breakGlass-'))).toEqual([
      'breakGlass-full-INC-42',
      'breakGlass-full-INC-43',
    ]);
    subject.ticket(validTicket(OPEN, subject.freight));
    expect((await subject.promote()).message).toContain('ticket INC-42 was used by full.');
  });

  it('stays spent when the promotion it opened the gate for failed later', async () => {
    const subject = open();
    const failed = await subject.promote({
      before: (alias) => {
        if (alias === 'render::build') throw new Error('the disk is full');
      },
    });
    expect(failed).toMatchObject({ phase: 'Errored', pushed: false });
    expect((await subject.promote()).message).toContain('ticket INC-42 was used by full.');
  });

  it('opens nothing for a promotion that nobody signed', async () => {
    const refused = await open({ operator: '' }).promote({ actor: 'system:serviceaccount:x' });
    expect(refused.message).toContain('is for another operator');
    const unsigned = await open({ operator: '-' }).promote({ actor: '' });
    expect(unsigned.message).toContain('Kargo does not know who promotes');
  });

  it('stops the push when it is taken back while the release is rendered', async () => {
    const subject = open();
    const refused = await subject.promote({
      before: (alias) => {
        if (alias === 'render::commit') subject.ticket({});
      },
    });
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toContain('market-gate-before-push::closed');
  });

  it('is not used when its use could not be recorded', async () => {
    const subject = open();
    subject.world.setFreightMetadata = () => undefined;
    const refused = await subject.promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toContain('could not be recorded on Freight');
  });

  it('cannot add trailers of its own to the commit', async () => {
    const subject = open({
      justification: 'the recorder loses frames\r\nFreight: forged\n\nImage: forged',
    });
    expect((await subject.promote()).phase).toBe('Succeeded');
    const trailers = trailersOf(subject.commits[0] ?? '');
    expect(trailers['Freight']).toBe(subject.freight.name);
    expect(trailers['Break-Glass-Justification']).toBe(
      'the recorder loses frames  Freight: forged  Image: forged',
    );
    expect(Object.keys(trailers)).not.toContain('forged');
  });

  it('may look like a number or an expression', async () => {
    const subject = open({
      id: '12345',
      justification: '11111111111111111111 ${{ secret("x").y }}',
    });
    expect((await subject.promote()).phase).toBe('Succeeded');
    expect(ledger(subject)['breakGlass-full-12345']?.['justification']).toBe(
      '11111111111111111111 ${{ secret("x").y }}',
    );
  });

  it.each([
    ['garbage', { id: 'x', expiresAt: 'garbage', freight: '{{', operator: '${{' }],
    ['gone', null],
  ])('matters to nobody while the market is closed: %s', async (_, form) => {
    const subject = delivery(CLOSED);
    subject.evidence();
    subject.configMap('break-glass', form);
    expect(await subject.promote()).toMatchObject({ phase: 'Succeeded', pushed: true });
    expect(Object.keys(ledger(subject))).toEqual(['ranIn-full']);
  });

  it('that is gone while the market is open is none', async () => {
    const subject = delivery(OPEN);
    subject.evidence();
    subject.configMap('break-glass', null);
    expect((await subject.promote()).message).toContain('Ticket now: none is filed');
  });
});

describe('a restart of Kargo’s controller', () => {
  it.each([
    'market-gate::ticket',
    'market-gate::consume',
    'market-gate::recorded',
    'render::commit',
  ])('after %s neither loses a ticket nor lets it be used twice', async (restartAfter) => {
    const subject = open();
    const promoted = await subject.promote({ restartAfter });
    expect(promoted).toMatchObject({ phase: 'Succeeded', pushed: true });
    expect(Object.keys(ledger(subject)).filter((key) => key.startsWith('breakGlass-'))).toEqual([
      'breakGlass-full-INC-42',
    ]);
    expect(trailersOf(subject.commits.at(-1) ?? '')).toMatchObject({ 'Break-Glass-Id': 'INC-42' });
    subject.at('2026-11-20T15:10:00Z');
    const again = await subject.promote();
    expect(again).toMatchObject({ phase: 'Failed', pushed: false });
    expect(again.message).toContain('ticket INC-42 was used by');
  });

  it('asks again what time it is: a promotion begun before the session is refused', async () => {
    const subject = delivery('2026-11-20T14:14:50Z');
    subject.evidence();
    const refused = await subject.promote({
      restartAfter: 'render::build',
      before: (alias) => {
        if (alias === 'render::build') subject.at('2026-11-20T14:15:00Z');
      },
    });
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toMatch(/^step "market-gate::closed": failed/);
  });
});
