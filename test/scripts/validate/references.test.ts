import { describe, expect, it } from 'vitest';
import { briefly, judgeTexts } from './judging.ts';

const WAREHOUSE = `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: w, namespace: ns}
spec:
  subscriptions: [{git: {repoURL: https://g.example/r.git}}]
`;
const STEPS = 'promotionTemplate: {spec: {steps: [{uses: fail, config: {message: m}}]}}';

function stage(...fields: readonly string[]): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: s, namespace: ns}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: w}, sources: {direct: true}}]
${fields.map((field) => `  ${field}\n`).join('')}`;
}

function updating(app: string, vars = '[]'): string {
  return stage(
    `vars: ${vars}`,
    `promotionTemplate: {spec: {steps: [{uses: argocd-update, config: {apps: [${app}]}}]}}`,
  );
}

function application(annotation: string, source = 'source: {repoURL: https://g.example/r.git}') {
  return `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: a
  namespace: argocd
  labels: {team: t}
  annotations: {kargo.akuity.io/authorized-stage: "${annotation}"}
spec: {project: p, destination: {namespace: ns}, ${source}}
`;
}

function judged(files: Readonly<Record<string, string>>) {
  const { findings, notChecked } = judgeTexts({ 'warehouse.yaml': WAREHOUSE, ...files });
  return { findings: briefly(findings), notChecked: notChecked.map(({ what }) => what) };
}

describe('a Stage without steps', () => {
  it('that says nothing else is one that passes Freight on', () => {
    expect(judged({ 'stage.yaml': stage() }).findings).toEqual([]);
  });

  it('but with an empty list of them is refused, and said to be so once', () => {
    const text = stage('vars: [{name: v, value: x}]', 'promotionTemplate: {spec: {steps: []}}');
    expect(judged({ 'stage.yaml': text }).findings).toEqual(['kargo/object-invalid 7:30']);
  });

  it.each([
    ['a template', { 'stage.yaml': stage('promotionTemplate: {spec: {vars: []}}') }],
    ['variables', { 'stage.yaml': stage('vars: [{name: v, value: x}]') }],
    ['an Application of its own', { 'stage.yaml': stage(), 'app.yaml': application('x:y, ns:s') }],
    [
      'a promotion policy',
      {
        'stage.yaml': stage(),
        'config.yaml':
          'apiVersion: kargo.akuity.io/v1alpha1\nkind: ProjectConfig\nmetadata: {name: ns, namespace: ns}\nspec: {promotionPolicies: [{stageSelector: {name: s}}]}\n',
      },
    ],
  ])('that has %s has lost them', (_, files) => {
    expect(judged(files).findings).toEqual([expect.stringMatching(/^kargo\/no-steps /)]);
  });
});

describe('references', () => {
  it('count in the namespace they stand in', () => {
    const elsewhere = WAREHOUSE.replace('namespace: ns', 'namespace: other');
    expect(judged({ 'stage.yaml': stage(STEPS), 'warehouse.yaml': elsewhere }).findings).toEqual([
      'kargo/unknown-warehouse 5:55',
    ]);
  });

  it('are not judged while a file cannot be read: what is missing may be in it', () => {
    expect(judged({ 'stage.yaml': stage(STEPS), 'warehouse.yaml': 'a: [\n' })).toEqual({
      findings: ['yaml/syntax 2:1'],
      notChecked: ['references between objects'],
    });
  });

  it('to objects of the whole cluster that others may deliver are said to be not checked', () => {
    const text = stage(
      'promotionTemplate: {spec: {steps: [{task: {kind: ClusterPromotionTask, name: c}}]}}',
      'verification: {analysisTemplates: [{kind: ClusterAnalysisTemplate, name: d}]}',
    );
    expect(judged({ 'stage.yaml': text })).toEqual({
      findings: [],
      notChecked: [
        'stage.yaml:6: ClusterPromotionTask c',
        'stage.yaml:7: ClusterAnalysisTemplate d',
      ],
    });
  });
});

describe('Applications that a Stage updates', () => {
  it.each([
    ['by name', '{name: a}', '[]'],
    ['by a variable', '{name: "${{ vars.app }}"}', '[{name: app, value: a}]'],
    [
      'by a computed name',
      '{name: "${{ vars.x }}${{ ctx.stage == \'s\' ? vars.tail : ctx.project }}"}',
      '[{name: x, value: ""}, {name: tail, value: a}]',
    ],
    ['by labels', '{selector: {matchLabels: {team: t}}}', '[]'],
    [
      'in a namespace',
      '{name: a, namespace: "${{ vars.space }}"}',
      '[{name: space, value: argocd}]',
    ],
    [
      'by a variable of a variable',
      '{name: "${{ vars.b }}"}',
      '[{name: a, value: a}, {name: b, value: "${{ vars.a }}"}]',
    ],
  ])('are found %s', (_, app, vars) => {
    expect(judged({ 'stage.yaml': updating(app, vars), 'app.yaml': application('ns:s') })).toEqual({
      findings: [],
      notChecked: [],
    });
  });

  it.each([
    ['a wrong name', '{name: b}', 'argocd/unknown-application 7:83'],
    ['another namespace', '{name: a, namespace: argo}', 'argocd/unknown-application 7:83'],
    [
      'labels that nothing has',
      '{selector: {matchLabels: {team: u}}}',
      'argocd/unknown-application 7:77',
    ],
  ])('are missed with %s', (_, app, finding) => {
    expect(
      judged({ 'stage.yaml': updating(app), 'app.yaml': application('ns:s') }).findings,
    ).toEqual([finding]);
  });

  it.each([
    ['of another Stage', 'ns:other'],
    ['by a pattern', 'ns:*'],
    ['with an entry that cannot be read', 'ns:s,nonsense'],
    ['of another Project', 'other:s'],
  ])('must be authorised: %s is not', (_, annotation) => {
    expect(
      judged({ 'stage.yaml': updating('{name: a}'), 'app.yaml': application(annotation) }).findings,
    ).toEqual(['argocd/not-authorised 7:51']);
  });

  it.each([
    ['Freight', '${{ imageFrom("x").Tag }}'],
    ['an output', '${{ outputs.x.app }}'],
    ['the time', '${{ now().Format("2006") }}'],
    ['a variable that nobody defines', '${{ vars.absent }}'],
  ])('are not guessed where the name rests on %s', (_, name) => {
    const text = updating(`{name: '${name}'}`);
    const { findings, notChecked } = judged({
      'stage.yaml': text,
      'app.yaml': application('x:y'),
    });
    expect({
      // That nothing has this name is said where it stands.
      findings: findings.filter((finding) => finding.startsWith('argocd/')),
      notChecked,
    }).toEqual({
      findings: [],
      notChecked: ['stage.yaml:7: the Application that Stage s updates'],
    });
  });
});

describe('repository URLs', () => {
  const APP = '{name: a, sources: [{repoURL: "${{ vars.url }}", desiredRevision: main}]}';
  const URL = 'https://g.example/r';

  it.each([
    ['the step', `${URL}`, `${URL}.git`, ['argocd/repo-url']],
    ['the Application', `${URL}.git`, URL, ['argocd/repo-url']],
    ['the Application, in case', `${URL}.git`, 'https://g.example/R.git', ['argocd/repo-url']],
    ['nobody', `${URL}.git`, `${URL}.git`, []],
  ])('are compared byte for byte; unlike: %s', (_, ofStep, ofApplication, rules) => {
    const { findings } = judged({
      'stage.yaml': updating(APP, `[{name: url, value: ${ofStep}}]`),
      'app.yaml': application('ns:s', `source: {repoURL: ${ofApplication}}`),
    });
    expect([...new Set(findings.map((line) => line.split(' ')[0]))]).toEqual(rules);
  });

  it('of a chart, and of a second source that no promotion touches, are nobody else’s', () => {
    const sources = `sources: [{repoURL: ${URL}.git}, {repoURL: https://charts.example, chart: c}, {repoURL: https://g.example/other}]`;
    const { findings } = judged({
      'stage.yaml': updating(APP, `[{name: url, value: ${URL}.git}]`),
      'app.yaml': application('ns:s', sources),
    });
    expect(findings).toEqual([]);
  });
});
