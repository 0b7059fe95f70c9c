import { describe, expect, it } from 'vitest';
import { evidenceRunName, latestEvidenceName } from '../../runtime/gates/evidence-store.ts';
import { render } from '../manifests/render.ts';

interface Policy {
  readonly spec: {
    readonly failurePolicy: string;
    readonly matchConstraints: {
      readonly resourceRules: readonly {
        readonly operations: string[];
        readonly resources: string[];
      }[];
    };
    readonly matchConditions: readonly { readonly expression: string }[];
    readonly variables: readonly { readonly name: string; readonly expression: string }[];
    readonly validations: readonly { readonly expression: string; readonly reason: string }[];
  };
}

const objects = render('kargo');
const account = 'system:serviceaccount:orderbooks-delivery:orderbooks-verifier';

// There is no CEL here: what it decides by is taken from its text and tried on the names that the gates really use.
describe.each(['orderbooks-verifier-evidence', 'orderbooks-verifier-pods'])('%s', (name) => {
  it('is bound everywhere with Deny, refuses what it cannot decide, and concerns the verifier alone', () => {
    const { spec } = policy(name);
    expect(spec.failurePolicy).toBe('Fail');
    expect(spec.matchConditions.map(({ expression }) => expression)).toEqual([
      `request.userInfo.username == '${account}'`,
    ]);
    expect(spec.validations.map(({ reason }) => reason)).toEqual(['Forbidden']);
    const binding = objects.find(
      ({ kind, metadata }) => kind === 'ValidatingAdmissionPolicyBinding' && metadata.name === name,
    );
    // No selector: a namespace that it leaves out would be one where nothing restrains the verifier.
    expect(binding?.spec).toEqual({ policyName: name, validationActions: ['Deny'] });
  });
});

describe('the admission policy for the verifier’s ConfigMaps', () => {
  const { spec } = policy('orderbooks-verifier-evidence');

  it('covers creating, changing and deleting', () => {
    expect(spec.matchConstraints.resourceRules[0]).toMatchObject({
      operations: ['CREATE', 'UPDATE', 'DELETE'],
      resources: ['configmaps'],
    });
  });

  const subject = {
    commit: '0123456789abcdef'.repeat(3).slice(0, 40),
    imageDigest: `sha256:${'f'.repeat(64)}`,
  };
  it.each(['canary', 'full', 'north-2'])('allows the names of evidence of stage %s', (stage) => {
    const run = evidenceRunName(stage, new Date('2026-11-21T10:00:00Z'), '0123abcd');
    const latest = latestEvidenceName({ ...subject, stage });
    expect([run, latest].map((one) => pattern('isRun').test(one))).toEqual([true, false]);
    expect([run, latest].map((one) => pattern('isLatest').test(one))).toEqual([false, true]);
  });

  it('lets it delete immutable evidence of runs, and nothing else', () => {
    const old = variable('isOldRun');
    expect(old).toContain("request.operation == 'DELETE' && variables.before == 'run'");
    expect(old).toContain('oldObject.?immutable.orValue(false)');
    expect(pattern('isOldRun')).toEqual(pattern('isRun'));
    expect(variable('isLatest')).toContain("request.operation != 'DELETE'");
    expect(spec.validations[0]?.expression).toBe(
      "request.namespace == 'orderbooks-delivery' && (variables.isRun || variables.isOldRun || variables.isLatest)",
    );
  });

  it.each(objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name))(
    'allows nothing of %s',
    (name) => {
      expect(pattern('isRun').test(name) || pattern('isLatest').test(name)).toBe(false);
    },
  );

  it('asks for the label by which evidence is found, of what is there too', () => {
    expect(variable('isRun')).toContain("variables.kind == 'run'");
    expect(variable('isRun')).toContain('object.?immutable.orValue(false)');
    expect(variable('isLatest')).toContain("variables.before == 'latest'");
    expect(variable('kind')).toContain("labels[?'orderbooks-evidence']");
  });

  function variable(name: string): string {
    return spec.variables.find((each) => each.name === name)?.expression ?? '';
  }

  function pattern(name: string): RegExp {
    return new RegExp(/matches\('([^']+)'\)/.exec(variable(name))?.[1] ?? '^$');
  }
});

describe('the admission policy for the pods that the verifier deletes', () => {
  it('leaves it the recorder of the canary and the collector of everywhere else', () => {
    const { spec } = policy('orderbooks-verifier-pods');
    expect(spec.matchConstraints.resourceRules[0]).toMatchObject({
      operations: ['DELETE'],
      resources: ['pods'],
    });
    expect(spec.validations[0]?.expression).toBe(
      "variables.component == (request.namespace == 'orderbooks-canary' ? 'ws-recorder' : 'collector')",
    );
  });
});

function policy(name: string): Policy {
  const found = objects.find(
    ({ kind, metadata }) => kind === 'ValidatingAdmissionPolicy' && metadata.name === name,
  );
  if (found === undefined) throw new Error(`no policy ${name}`);
  return found as unknown as Policy;
}
