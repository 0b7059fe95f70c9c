import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { marketStateAt } from '../../scripts/calendar/decision.ts';
import { loadProject } from '../../scripts/kargo/index.ts';
import { objectsIn, renderText } from '../manifests/render.ts';
import { copyManifests } from '../manifests/tree.ts';
import { type Delivery, delivery, PROJECT, renderedConfigMap, validTicket } from './bundle.ts';

const FRIDAY = '2026-11-20T15:00:00Z';
const tree = await copyManifests();
const folder = join(tree.root, 'kargo-waiting');
mkdirSync(folder);
writeFileSync(
  join(folder, 'kustomization.yaml'),
  'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../kargo]\ncomponents: [../kargo/components/waiting-gate]\n',
);
const text = renderText('kargo-waiting', tree.root);
const project = loadProject(PROJECT, [{ file: 'kargo with waiting-gate', text }]);
afterAll(() => tree.remove());

function waiting(time: string): Delivery {
  const subject = delivery(time, [], project);
  subject.evidence();
  return subject;
}

describe('the market gate that waits', () => {
  it('goes on by itself when the session ends', async () => {
    const subject = waiting('2026-11-20T20:50:30Z');
    const promoted = await subject.promote();
    expect(promoted).toMatchObject({ phase: 'Succeeded', pushed: true });
    expect(promoted.state['market-gate::clock']).toEqual({ now: '2026-11-20T21:00:30Z' });
  });

  it('goes on when a ticket is filed for its Freight, and spends it', async () => {
    const subject = waiting(FRIDAY);
    let polls = 0;
    const promoted = await subject.promote({
      waited: () => {
        polls += 1;
        if (polls === 2) subject.ticket({ ...validTicket(FRIDAY, subject.freight), freight: 'x' });
        if (polls === 4) subject.ticket(validTicket(FRIDAY, subject.freight));
      },
    });
    expect(promoted).toMatchObject({ phase: 'Succeeded', pushed: true });
    expect(polls).toBe(4);
    expect(subject.world.freightMetadata(PROJECT, subject.freight.name)).toHaveProperty(
      'breakGlass-full-INC-42',
    );
  });

  it('is refused as ever by a ticket that is wrong, with what is wrong', async () => {
    const subject = waiting(FRIDAY);
    subject.ticket({ ...validTicket(FRIDAY, subject.freight), operator: 'bob' });
    const refused = await subject.promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toContain('Ticket now: ticket INC-42 is for another operator');
  });

  it('does not wait for what is unknown', async () => {
    const subject = waiting(FRIDAY);
    subject.configMap('market-sessions', {
      ...renderedConfigMap('market-sessions'),
      knownThrough: '',
    });
    let polls = 0;
    const refused = await subject.promote({
      waited: () => {
        polls += 1;
      },
    });
    expect([refused.phase, polls]).toEqual(['Failed', 0]);
    expect(refused.message).toContain('it is unknown whether US equities trade');
  });

  it('waits for the end of a freeze, but not for ever', async () => {
    const subject = waiting('2026-11-21T00:00:00Z');
    const frozen = Object.fromEntries(
      ['21', '22', '23', '24', '25', '26', '27'].flatMap((day) => [
        [`2026-11-${day}`, '00:00-24:00'],
        [`2026-11-${day}.freeze`, 'review of the data'],
      ]),
    );
    subject.configMap('market-sessions', { ...renderedConfigMap('market-sessions'), ...frozen });
    const days: string[] = [];
    const refused = await subject.promote({
      waited: () => {
        days.push(subject.world.now().toISOString().slice(8, 10));
        subject.at(`2026-11-${22 + days.length - 1}T00:00:00Z`);
      },
    });
    expect(refused).toMatchObject({ phase: 'Errored', pushed: false });
    expect(refused.message).toContain('timed out after 96h');
    expect(days).toHaveLength(5);
  });

  it('does not wait before the push: what opened meanwhile is refused', async () => {
    const subject = waiting('2026-11-20T14:14:58Z');
    const refused = await subject.promote({
      before: (alias) => {
        if (alias === 'render::commit') subject.at('2026-11-20T14:15:00Z');
      },
    });
    expect(refused.message).toMatch(/^step "market-gate-before-push::closed": failed/);
    expect(refused.pushed).toBe(false);
  });

  it('waits exactly while the gate would refuse, at every edge of days of all kinds', async () => {
    const data = renderedConfigMap('market-sessions');
    const different: string[] = [];
    for (const day of ['2026-03-06', '2026-03-09', '2026-11-02', '2026-11-26', '2026-11-27']) {
      for (const time of [
        '13:14:59',
        '13:15:00',
        '14:14:59',
        '14:15:00',
        '17:59:59',
        '18:00:00',
        '19:59:59',
        '20:00:00',
        '20:59:59',
        '21:00:00',
      ]) {
        const at = `${day}T${time}Z`;
        const subject = waiting(at);
        let polls = 0;
        await subject.promote({
          waited: () => {
            polls += 1;
            // A Saturday: one wait tells that it waits.
            subject.at('2026-12-05T12:00:00Z');
            subject.evidence();
          },
        });
        const closed = marketStateAt(data, new Date(at)) === 'closed';
        if ((polls === 0) !== closed) different.push(at);
      }
    }
    expect(different).toEqual([]);
  }, 120_000);

  it('has no admission policy that would refuse it before it can wait', () => {
    const bindings = objectsIn(text).filter(
      ({ kind }) => kind === 'ValidatingAdmissionPolicyBinding',
    );
    expect(bindings.map(({ metadata }) => metadata.name)).not.toContain('orderbooks-market-hours');
    expect(bindings.length).toBeGreaterThan(0);
  });
});
