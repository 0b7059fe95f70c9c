import { readdirSync, readFileSync } from 'node:fs';
import { Ajv, type AnySchema, type ErrorObject } from 'ajv';
import { expect, it } from 'vitest';
import { describeWithShared, sharedPath } from '../shared.ts';
import { crdValidator } from './crd-schema.ts';
import { KUSTOMIZATIONS, type RenderedObject, render } from './render.ts';

const CRD_FOLDERS = [
  'upstream/kargo-v1.11.2/crds',
  'upstream/argo-cd-v3.5.1/crds',
  'upstream/argo-rollouts-v1.9.1/crds',
] as const;
const OWN_GROUPS = /^(kargo\.akuity\.io|argoproj\.io)\//;

describeWithShared('manifests satisfy the pinned upstream schemas', 'upstream', () => {
  const validators = new Map(
    CRD_FOLDERS.flatMap((folder) =>
      readdirSync(sharedPath(folder)).map((file) => {
        const validator = crdValidator(sharedPath(`${folder}/${file}`));
        return [validator.kind, validator] as const;
      }),
    ),
  );
  const objects = KUSTOMIZATIONS.flatMap((kustomization) =>
    render(kustomization)
      .filter((object) => OWN_GROUPS.test(object.apiVersion))
      .map((object) => ({ kustomization, object })),
  );

  it('covers every kind of Kargo, Argo CD and Rollouts that the bundle uses', () => {
    expect(new Set(objects.map(({ object }) => object.kind))).toEqual(
      new Set([
        'AnalysisTemplate',
        'AppProject',
        'Application',
        'Project',
        'ProjectConfig',
        'PromotionTask',
        'Stage',
        'Warehouse',
      ]),
    );
  });

  it.each(
    objects.map(
      ({ kustomization, object }) =>
        [`${kustomization} ${object.kind} ${object.metadata.name}`, object] as const,
    ),
  )('%s', (_, object) => {
    const validator = validators.get(object.kind);
    expect(validator?.validate(object)).toEqual([]);
    expect(object.metadata.namespace === undefined).toBe(validator?.scope === 'Cluster');
  });

  it('finds a misspelt field, a wrong type and a missing field', () => {
    const stage = objects.find(({ object }) => object.kind === 'Stage')?.object;
    const validate = (object: unknown) => validators.get('Stage')?.validate(object).join('\n');
    expect(validate({ ...stage, spec: { ...stage?.spec, requestedFreights: [] } })).toContain(
      'requestedFreights',
    );
    expect(validate({ ...stage, spec: { ...stage?.spec, vars: 'x' } })).toContain('must be array');
    expect(validate({ ...stage, spec: {} })).toContain('requestedFreight');
  });
});

describeWithShared('step configurations satisfy the pinned step schemas', 'upstream', () => {
  const folder = sharedPath('upstream/kargo-v1.11.2/step-schemas');
  const ajv = schemaFolder(folder);
  const steps = render('kargo').flatMap((object) => stepsOf(object));

  it('covers every step kind of the bundle', () => {
    expect(new Set(steps.map((step) => step.uses))).toEqual(
      new Set([
        'argocd-update',
        'compose-output',
        'fail',
        'git-clear',
        'git-clone',
        'git-commit',
        'git-push',
        'http',
        'kustomize-build',
        'kustomize-set-image',
        'set-metadata',
      ]),
    );
  });

  it.each(steps.map((step) => [`${step.owner} ${step.as}`, step] as const))('%s', (_, step) => {
    expect(problems(ajv, `${step.uses}-config.json`, step.config)).toEqual([]);
  });

  it('finds a misspelt key of a step and a value of the wrong type', () => {
    expect(problems(ajv, 'git-push-config.json', { path: './out', targetBranh: 'x' })).not.toEqual(
      [],
    );
    expect(problems(ajv, 'git-push-config.json', { path: 7, targetBranch: 'x' })).not.toEqual([]);
  });
});

describeWithShared('Warehouse subscriptions satisfy the pinned schemas', 'upstream', () => {
  const ajv = schemaFolder(sharedPath('upstream/kargo-v1.11.2/subscription-schemas'));
  const subscriptions = render('kargo')
    .filter((object) => object.kind === 'Warehouse')
    .flatMap((object) => object.spec?.['subscriptions'] as readonly Record<string, unknown>[])
    .flatMap((entry) => Object.entries(entry));

  it.each(subscriptions)('%s', (kind, subscription) => {
    expect(problems(ajv, `${kind}.json`, subscription)).toEqual([]);
  });

  it('finds a misspelt key', () => {
    expect(
      problems(ajv, 'git.json', { repoURL: 'https://x/y.git', includePath: ['a'] }),
    ).not.toEqual([]);
  });
});

interface Step {
  readonly owner: string;
  readonly uses: string;
  readonly as: string;
  readonly config: unknown;
}

function stepsOf(object: RenderedObject): readonly Step[] {
  const spec = object.spec as
    | { steps?: Step[]; promotionTemplate?: { spec: { steps: Step[] } } }
    | undefined;
  const steps = object.kind === 'PromotionTask' ? spec?.steps : spec?.promotionTemplate?.spec.steps;
  return (steps ?? [])
    .filter((step) => step.uses !== undefined)
    .map((step) => ({ ...step, owner: `${object.kind} ${object.metadata.name}` }));
}

function schemaFolder(folder: string): Ajv {
  const ajv = new Ajv({
    strict: false,
    validateFormats: false,
    unicodeRegExp: false,
    allErrors: true,
    verbose: true,
  });
  for (const file of readdirSync(folder)) {
    const schema = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Record<string, unknown>;
    delete schema['$schema'];
    ajv.addSchema({ ...schema, $id: file } as AnySchema, file);
  }
  return ajv;
}

/** What the schema has against a configuration, where an expression may stand for a value of any type. */
function problems(ajv: Ajv, schema: string, config: unknown): readonly string[] {
  const check = ajv.getSchema(schema);
  if (check === undefined) throw new Error(`no schema ${schema}`);
  check(config);
  return ((check.errors ?? []) as ErrorObject[])
    .filter((error) => !(typeof error.data === 'string' && error.data.includes('${{')))
    .map((error) => `${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
}
