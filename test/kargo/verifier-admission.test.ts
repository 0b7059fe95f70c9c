import { describe, expect, it } from 'vitest';
import { evidenceRunName, latestEvidenceName } from '../../runtime/gates/evidence-store.ts';
import { inspectArguments } from '../../runtime/gates/kubernetes/inspector.ts';
import { jobFromTemplate } from '../../runtime/gates/kubernetes/job-template.ts';
import type { JobTemplate } from '../../runtime/gates/kubernetes/objects.ts';
import { UPLOADER_CRON_JOB } from '../../runtime/gates/workloads.ts';
import { render } from '../manifests/render.ts';
import { SETTINGS } from '../settings.ts';

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
const canary = render('gitops/overlays/canary');
const account = `system:serviceaccount:${SETTINGS.project}:orderbooks-verifier`;

// There is no CEL here: what it decides by is taken from its text and tried on the names that the gates really use.
describe.each([
  'orderbooks-verifier-evidence',
  'orderbooks-verifier-jobs',
  'orderbooks-verifier-pods',
])('%s', (name) => {
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

describe('the admission policy for the Jobs that the verifier makes', () => {
  const { spec } = policy('orderbooks-verifier-jobs');
  const cronJob = objectNamed('CronJob', UPLOADER_CRON_JOB) as unknown as {
    readonly spec: { readonly jobTemplate: JobTemplate };
  };

  it('knows the repository of the images, and every volume and variable of the CronJob', () => {
    const text = (name: string) =>
      spec.variables.find((each) => each.name === name)?.expression ?? '';
    const { containers, volumes = [] } = cronJob.spec.jobTemplate.spec.template.spec;
    const [container] = containers;
    const warehouse = objects.find(({ kind }) => kind === 'Warehouse')?.spec as unknown as {
      readonly subscriptions: readonly { readonly image?: { readonly repoURL: string } }[];
    };
    const repository = warehouse.subscriptions.find(({ image }) => image !== undefined)?.image;
    expect(text('repository')).toBe(`'${repository?.repoURL}'`);
    const names = volumes.flatMap((volume) => [
      (volume['configMap'] as { name?: string } | undefined)?.name?.replace(/-[a-z0-9]+$/, ''),
      (volume['secret'] as { secretName?: string } | undefined)?.secretName,
      volume.persistentVolumeClaim?.claimName,
    ]);
    for (const name of names.filter((one) => one !== undefined))
      expect(text('isVolumes')).toContain(`'${name}'`);
    const variables = (container?.['env'] ?? []) as readonly { readonly name: string }[];
    expect(variables.length).toBeGreaterThan(0);
    for (const { name } of variables) {
      if (!name.startsWith('ORDERBOOKS_')) expect(text('isContainer')).toContain(`'${name}'`);
    }
  });

  it('covers making and deleting them', () => {
    expect(spec.matchConstraints.resourceRules[0]).toMatchObject({
      operations: ['CREATE', 'DELETE'],
      resources: ['jobs'],
    });
  });

  it.each(['inspector', 'uploader'] as const)(
    'knows the name and command of an %s',
    (component) => {
      const name = `orderbooks-${component}-0123abcd-1`;
      const job = jobFromTemplate(cronJob.spec.jobTemplate, {
        name,
        namespace: SETTINGS.canaryNamespace,
        component,
        runId: '0123abcd',
        node: null,
        deadlineSeconds: 60,
        readOnly: component === 'inspector',
        args: (args) => (component === 'inspector' ? inspectArguments(args, {}) : args),
      }) as {
        readonly metadata: { readonly labels: Readonly<Record<string, string>> };
        readonly spec: JobTemplate['spec'];
      };
      const text = spec.variables.map(({ expression }) => expression).join('\n');
      expect(text).toContain(`variables.name.startsWith('orderbooks-${component}-')`);
      expect(text).toContain(`== '${job.metadata.labels['app.kubernetes.io/managed-by']}'`);
      const pod = job.spec.template.spec;
      expect(text).toContain(`'${pod.containers[0]?.args?.[0]}'`);
      expect(pod['automountServiceAccountToken']).toBe(false);
    },
  );
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
      `request.namespace == '${SETTINGS.project}' && (variables.isRun || variables.isOldRun || variables.isLatest)`,
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
      `variables.component == (request.namespace == '${SETTINGS.canaryNamespace}' ? 'ws-recorder' : 'collector')`,
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

function objectNamed(kind: string, name: string) {
  const found = canary.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}
