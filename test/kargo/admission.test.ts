import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../settings.ts';
import { renderedConfigMap, renderedObject } from './bundle.ts';

interface Policy {
  readonly spec: {
    readonly failurePolicy: string;
    readonly paramKind?: { readonly kind: string };
    readonly matchConditions: readonly { readonly expression: string }[];
    readonly variables: readonly { readonly name: string; readonly expression: string }[];
    readonly validations: readonly {
      readonly expression: string;
      readonly reason: string;
      readonly message: string;
      readonly messageExpression?: string;
    }[];
  };
}

const POLICY = 'ValidatingAdmissionPolicy';
const { spec } = renderedObject(POLICY, 'orderbooks-market-hours') as unknown as Policy;
const variable = (name: string) =>
  spec.variables.find((each) => each.name === name)?.expression ?? '';

// There is no CEL here: what real CEL made of these policies is written down in docs/operations/market-hours.md.
describe('the admission policy for market hours', () => {
  it('holds the sessions of the calendar ConfigMap, no more and no fewer', () => {
    const held = new Map(
      [...variable('sessions').matchAll(/'(\d{4}-\d{2}-\d{2})': '([^'|]+)\|([^'|]+)/g)].map(
        ([, date = '', entry = '', until = '']) => [date, { entry, until }] as const,
      ),
    );
    const calendar = Object.entries(renderedConfigMap('market-sessions')).filter(
      ([key, value]) => /^\d{4}-\d{2}-\d{2}$/.test(key) && value !== 'closed',
    );
    expect([...held].map(([date, { entry }]) => [date, entry])).toEqual(calendar);
    for (const [date, { entry, until }] of held)
      expect(until.startsWith(`${date} ${entry.slice(6)} UTC (`)).toBe(true);
  });

  it('has the range and the margin of the calendar', () => {
    const { knownFrom, knownThrough, marginMinutes } = renderedConfigMap('market-sessions');
    expect(variable('day')).toContain(
      `variables.date >= '${knownFrom}' && variables.date <= '${knownThrough}'`,
    );
    expect(variable('state')).toContain(`int(variables.day.substring(3, 5)) - ${marginMinutes}`);
  });

  const task = renderedObject('PromotionTask', 'market-gate') as unknown as {
    spec: { steps: { as: string; config: { problem?: string } }[] };
  };
  const problem = task.spec.steps.find(({ as }) => as === 'ticket')?.config.problem ?? '';

  it('takes an expiry on every day of the century and on no other, as the market gate does', () => {
    const gate = /expires matches "([^"]+)"/.exec(problem)?.[1] ?? '';
    expect(/expiresAt\.matches\('([^']+)'\)/.exec(variable('problem'))?.[1]).toBe(gate);
    const pattern = new RegExp(gate);
    const wrong: string[] = [];
    for (let year = 2000; year < 2100; year += 1) {
      for (let month = 0; month <= 13; month += 1) {
        for (let day = 0; day <= 32; day += 1) {
          const time = `${year}-${pad(month)}-${pad(day)}T18:00:00Z`;
          const is = new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
          if (pattern.test(time) !== time.startsWith(is)) wrong.push(time);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('gives the reasons that the market gate gives', () => {
    const reasons = (text: string, beginning: RegExp) =>
      [...text.matchAll(beginning)].map(([, words = '']) => words);
    const ours = reasons(variable('problem'), /\?\s+(?:'ticket ' \+ variables\.id \+ )?'([^']+)'/g);
    const theirs = reasons(problem, /\?\s+(?:"ticket " \+ id \+ )?"([^"]+)"/g);
    expect(ours).toHaveLength(12);
    // Only the step gate sees whether a ticket was used.
    expect(theirs.filter((words) => words !== ' was used by ')).toEqual(ours);
  });

  it('refuses what it cannot decide, for Stage full alone, with the reason Forbidden', () => {
    expect(spec.failurePolicy).toBe('Fail');
    expect(spec.matchConditions.map(({ expression }) => expression)).toEqual([
      "object.spec.stage == 'full'",
    ]);
    expect(spec.validations).toHaveLength(1);
    expect(spec.validations[0]?.reason).toBe('Forbidden');
    expect(spec.validations[0]?.messageExpression).toContain('file a break-glass ticket first');
    expect(spec.paramKind?.kind).toBe('ConfigMap');
  });

  it('reads the ticket form, and lets a lost form matter only to the market gate', () => {
    const binding = renderedObject('ValidatingAdmissionPolicyBinding', 'orderbooks-market-hours');
    expect(binding['spec']).toMatchObject({
      policyName: 'orderbooks-market-hours',
      validationActions: ['Deny'],
      paramRef: {
        name: 'break-glass',
        namespace: SETTINGS.project,
        parameterNotFoundAction: 'Allow',
      },
    });
    for (const field of Object.keys(renderedConfigMap('break-glass'))) {
      expect(variable(field)).toBe(`params.?data[?'${field}'].orValue('').trim()`);
    }
  });
});

describe('the admission policy for the ledger', () => {
  it('covers every key that the gates trust, on Freight and its status', () => {
    const ledger = renderedObject(POLICY, 'orderbooks-freight-ledger') as unknown as Policy & {
      spec: {
        matchConstraints: { resourceRules: { resources: string[]; operations: string[] }[] };
      };
    };
    expect(ledger.spec.matchConstraints.resourceRules[0]).toMatchObject({
      resources: ['freights', 'freights/status'],
      operations: ['CREATE', 'UPDATE'],
    });
    const expression = ledger.spec.validations[0]?.expression ?? '';
    for (const prefix of ['breakGlass-', 'ranIn-'])
      expect(expression.split(`startsWith('${prefix}')`)).toHaveLength(3);
  });
});

function pad(part: number): string {
  return String(part).padStart(2, '0');
}
