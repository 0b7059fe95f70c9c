import { describe, expect, it } from 'vitest';
import { BUNDLE, delivery, IMAGE, renderedConfigMap } from './bundle.ts';

const SATURDAY = '2026-11-21T15:00:00Z';

describe('bad input ends in an error that names step and field, and nothing is pushed', () => {
  it('two subscriptions that could both give the image', async () => {
    const warehouses = new Map(
      [...BUNDLE.warehouses].map(([name, warehouse]) => [
        name,
        {
          ...warehouse,
          spec: {
            ...warehouse.spec,
            subscriptions: [...warehouse.spec.subscriptions, { image: { repoURL: IMAGE } }],
          },
        },
      ]),
    );
    const subject = delivery(SATURDAY, [], { ...BUNDLE, warehouses });
    subject.evidence();
    const failed = await subject.promote();
    expect(failed).toMatchObject({ phase: 'Errored', pushed: false });
    expect(failed.steps.find(({ status }) => status === 'Errored')?.alias).toBe(
      'evidence-gate::subject',
    );
    expect(failed.message).toContain('multiple requested Freight could potentially provide');
  });

  it('a configuration that is a list', async () => {
    const task = BUNDLE.tasks.get('publish');
    if (task === undefined) throw new Error('the bundle has no task publish');
    const steps = task.spec.steps.map((step) =>
      step.as === 'push' ? { ...step, config: ['./out'] } : step,
    );
    const tasks = new Map([
      ...BUNDLE.tasks,
      ['publish', { ...task, spec: { ...task.spec, steps } }] as const,
    ]);
    const subject = delivery(SATURDAY, [], { ...BUNDLE, tasks });
    subject.evidence();
    const failed = await subject.promote();
    expect(failed.pushed).toBe(false);
    expect(failed.phase).not.toBe('Succeeded');
    expect(failed.message).toContain('cannot unmarshal array into Go value');
    expect(failed.steps.find(({ status }) => status === 'Errored')?.alias).toBe('publish::push');
  });

  it('a calendar that holds only binary data', async () => {
    const subject = delivery(SATURDAY);
    subject.evidence();
    // Kargo's configMap() gives no binaryData: what is left is empty.
    subject.configMap('market-sessions', {});
    const refused = await subject.promote();
    expect(refused.message).toMatch(
      /^step "market-gate::unknown": failed: Market gate: it is unknown/,
    );
    expect(refused.pushed).toBe(false);
  });

  it('a ticket of a megabyte in every field', async () => {
    const subject = delivery('2026-11-20T15:00:00Z');
    subject.evidence();
    const fields = Object.keys(renderedConfigMap('break-glass'));
    subject.ticket(Object.fromEntries(fields.map((field) => [field, 'x'.repeat(1_000_000)])));
    const refused = await subject.promote();
    expect(refused).toMatchObject({ phase: 'Failed', pushed: false });
    expect(refused.message).toContain('Ticket now: its id must be 3 to 40');
    expect(refused.message.length).toBeLessThan(2_000);
  });
});
