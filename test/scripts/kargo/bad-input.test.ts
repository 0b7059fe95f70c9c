import { describe, expect, test } from 'vitest';
import { admitFreight } from '../../../scripts/kargo/freight-admission.ts';
import { MemoryWorld, stepRunners } from '../../../scripts/kargo/index.ts';
import { freight, IMAGE, PROJECT, project, run, START, stageYaml } from './small-project.ts';

/** A promotion whose last step would push; tells whether it did. */
async function tried(steps: string, configMaps: Readonly<Record<string, object>> = {}) {
  let pushed = false;
  const runners = new Map(stepRunners);
  runners.set('git-push', {
    kind: 'git-push',
    validate: () => [],
    run: async () => {
      pushed = true;
      return { status: 'Succeeded' };
    },
  });
  const world = new MemoryWorld({
    project: PROJECT,
    freight: [freight().name],
    stages: ['canary'],
    now: () => new Date(START),
  });
  for (const [name, data] of Object.entries(configMaps)) {
    world.configMaps.set(`${PROJECT}/${name}`, data as Record<string, string>);
  }
  const push = '\n- uses: git-push\n  as: push\n  config: {path: ./out}\n';
  const { result, events } = await run([stageYaml(steps + push)], { steps: runners, world });
  const fields = events.flatMap((event) =>
    event.type === 'step-finished' && event.field !== undefined ? [event.field] : [],
  );
  return { result, fields, pushed };
}

const TICKET_CHECK = `
- uses: compose-output
  as: ticket
  config:
    id: \${{ trim(configMap("break-glass").id ?? "") matches "^[A-Za-z0-9]{3,40}$" }}
- uses: fail
  as: gate
  if: \${{ success() and not outputs.ticket.id }}
  config: {message: "ticket: its id is malformed"}
`;

describe('bad input ends before the push, with step, field and position', () => {
  test('an expression that would never end', async () => {
    const { result, fields, pushed } = await tried(`
- uses: compose-output
  as: endless
  config:
    x: "\${{ sum(1..100000, sum(1..100000, sum(1..100000, #))) }}"
`);
    expect(result.phase).toBe('Errored');
    expect(result.message).toMatch(/budget exceeded/);
    expect(result.message).toMatch(/\(1:\d+\)/);
    expect(result.steps[0]?.alias).toBe('endless');
    expect([fields, pushed]).toEqual([['config.x'], false]);
  });

  test('a pattern that others take for ever to match', async () => {
    const { result } = await tried(`
- uses: compose-output
  as: pattern
  config: {x: "\${{ ('${'a'.repeat(5_000)}' + '!') matches '^(a+)+$' }}"}
`);
    expect(result.state['pattern']).toEqual({ x: false });
  });

  test('a ticket of a megabyte', async () => {
    const { result, pushed } = await tried(TICKET_CHECK, {
      'break-glass': { id: 'x'.repeat(1_048_576) },
    });
    expect(result.message).toBe('step "gate": failed: ticket: its id is malformed');
    expect(pushed).toBe(false);
  });

  test('a ConfigMap whose values are binary', async () => {
    const { result, pushed } = await tried(TICKET_CHECK, {
      'break-glass': { id: '\u0000\ufffd\ufffd\u0001' },
    });
    expect(result.message).toBe('step "gate": failed: ticket: its id is malformed');
    expect(pushed).toBe(false);
  });

  test('a ConfigMap that has binaryData alone has no keys for expressions', async () => {
    const { result, pushed } = await tried(TICKET_CHECK, { 'break-glass': {} });
    expect(result.message).toBe('step "gate": failed: ticket: its id is malformed');
    expect(pushed).toBe(false);
  });

  test('an expression with a fault names the step, the field and the column', async () => {
    const { result, fields, pushed } = await tried(`
- uses: compose-output
  as: broken
  config: {list: [fine, "\${{ 1 + }}"]}
`);
    expect(result.steps[0]).toMatchObject({ alias: 'broken', status: 'Errored' });
    expect(result.message).toMatch(/unexpected token EOF \(1:\d+\)/);
    expect([fields, pushed]).toEqual([['config.list[1]'], false]);
  });

  test('a step whose configuration is a list', async () => {
    const { result, pushed } = await tried(`
- uses: compose-output
  as: wrong
  config: [a, b]
`);
    expect(result.steps[0]).toMatchObject({ alias: 'wrong', status: 'Errored' });
    expect(result.message).toBe(
      'failed to build step context: failed to get step config: input is not valid JSON; are all expressions enclosed in quotes? json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
    expect(pushed).toBe(false);
  });
});

test('a Freight with two images of one repository is refused in the words of Kargo', () => {
  const made = freight();
  const second = { repoURL: IMAGE, tag: 'v2', digest: 'sha256:v2' };
  const admission = admitFreight(project(), [], { ...made, images: [...made.images, second] });
  expect(admission).toMatchObject({
    allowed: false,
    message: expect.stringContaining(`multiple artifacts found for subscription "${IMAGE}"`),
  });
});
