import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseDuration } from '../../runtime/config/duration.ts';
import { AS_POLICY } from '../../runtime/gates/given-durations.ts';
import { policy } from '../../runtime/gates/policy.ts';
import { formatGoDuration, parseGoDuration } from '../../scripts/kargo/go-duration.ts';
import { PROJECT } from '../../scripts/settings/names.ts';
import { type RenderedObject, read, render } from './render.ts';

const objects = render('kargo');
const named = (kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

interface Step {
  readonly uses?: string;
  readonly task?: { readonly name: string };
  readonly as?: string;
  readonly if?: string;
  readonly continueOnError?: boolean;
  readonly retry?: { readonly timeout?: string; readonly errorThreshold?: number };
}

/** Steps that reach nothing outside Kargo's controller: they end at once, whatever happens. */
const PURE = new Set(['compose-output', 'fail']);

/** Kargo's webhook stores a Stage with durations in Go's own form (seen: docs/real-controllers.md); tasks stay as written. */
const rewritten = objects
  .filter(({ kind }) => kind === 'Stage')
  .flatMap((object) => stepsOf(object).map(({ retry }) => retry?.timeout))
  .filter((timeout) => timeout !== undefined);

const steps = objects.flatMap((object) =>
  stepsOf(object).map(
    (step) => [`${object.kind} ${object.metadata.name}: ${step.as ?? step.uses}`, step] as const,
  ),
);

describe('steps', () => {
  it.each(steps.filter(([, { uses }]) => uses !== undefined && !PURE.has(uses)))(
    '%s ends in time, and one transient error does not end the promotion',
    (_, { as, retry }) => {
      const timeout = Number(parseGoDuration(retry?.timeout ?? '0s'));
      // What waits for a session's end or for a person: market-gate's, where a Stage chose that.
      const longest = as === 'wait' ? '96h' : '15m';
      expect(timeout).toBeGreaterThanOrEqual(parseDuration('1m'));
      expect(timeout).toBeLessThanOrEqual(parseDuration(longest));
      expect(retry?.errorThreshold).toBeGreaterThanOrEqual(2);
    },
  );

  it("have a Stage's durations as Kargo stores them, so that Argo CD sees no difference", () => {
    expect(rewritten.length).toBeGreaterThan(0);
    for (const timeout of rewritten) {
      const milliseconds = parseGoDuration(timeout);
      expect(formatGoDuration(Number(milliseconds))).toBe(timeout);
    }
  });

  it('never go on after an error', () => {
    expect(steps.filter(([, step]) => step.continueOnError !== undefined)).toEqual([]);
    const conditions = steps.map(([, step]) => step.if ?? '${{ success() }}');
    expect(conditions.filter((condition) => !/^\$\{\{\s*success\(\)/.test(condition))).toEqual([]);
  });

  it('that refuse come before all that writes, and the market is asked again before the push', () => {
    expect(stepsOf(named('Stage', 'full')).map(({ as }) => as)).toEqual([
      'market-gate',
      'evidence-gate',
      'render',
      'market-gate-before-push',
      'publish',
      'remember',
    ]);
  });
});

describe('promotion', () => {
  it('is by itself for canary alone, by exact name', () => {
    expect(named('ProjectConfig', PROJECT)?.spec?.['promotionPolicies']).toEqual([
      { stageSelector: { name: 'canary' }, autoPromotionEnabled: true },
      { stageSelector: { name: 'full' }, autoPromotionEnabled: false },
    ]);
  });

  it('to full takes only Freight that the canary verified', () => {
    const sources = (stage: string) =>
      read<readonly { sources: unknown }[]>(named('Stage', stage), 'spec', 'requestedFreight').map(
        (requested) => requested.sources,
      );
    expect(sources('canary')).toEqual([{ direct: true }]);
    expect(sources('full')).toEqual([{ stages: ['canary'] }]);
  });
});

describe.each(['canary', 'full'])('verification of %s', (stage) => {
  const template = named('AnalysisTemplate', `${stage}-gates`);
  const metrics = read<
    readonly {
      name: string;
      count: number;
      failureLimit: number;
      consecutiveErrorLimit: number;
      interval?: string;
      provider: {
        job: { spec: Record<string, unknown> & { template: { spec: { restartPolicy: string } } } };
      };
    }[]
  >(template, 'spec', 'metrics');

  it('ends by a deadline and is not repeated', () => {
    for (const { name, provider, ...metric } of metrics) {
      expect(name.length).toBeLessThanOrEqual(24);
      expect(metric).toMatchObject({ count: 1, failureLimit: 0 });
      expect(metric.interval).toBeUndefined();
      const { spec } = provider.job;
      expect(spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: expect.any(Number) });
      expect(spec.template.spec.restartPolicy).toBe('Never');
      expect(spec['activeDeadlineSeconds']).toBeLessThanOrEqual(3600);
    }
  });

  it('outlasts the deadline that its own policy gives the gates', () => {
    const volumes = JSON.stringify(template).match(/"name":"(gate-policy-[a-z0-9-]+)"/)?.[1] ?? '';
    const text = read<Record<string, string>>(named('ConfigMap', volumes), 'data')['policy.yaml'];
    const { deadline } = policy.parse(parse(text ?? ''));
    const grace = 60_000;
    for (const { provider } of metrics) {
      expect(Number(provider.job.spec['activeDeadlineSeconds']) * 1000).toBeGreaterThan(
        deadline + grace,
      );
    }
  });

  it('is told how long its Job may run', () => {
    for (const { provider } of metrics) {
      expect(JSON.stringify(provider)).toContain(
        `"--job-deadline=${provider.job.spec['activeDeadlineSeconds']}s"`,
      );
    }
  });

  it('is given the arguments it declares, each a text; durations as the policy says', () => {
    const declared = read<readonly { name: string; value?: string }[]>(template, 'spec', 'args');
    const verification = read<{
      args: readonly { name: string; value: string }[];
    }>(named('Stage', stage), 'spec', 'verification');
    const usual = declared.filter(({ value }) => value !== undefined);
    expect([...verification.args, ...usual].map(({ name }) => name).sort()).toEqual(
      declared.map(({ name }) => name).sort(),
    );
    expect(usual.map(({ name, value }) => [name, value])).toEqual([
      ['deadline', AS_POLICY],
      ['observation', AS_POLICY],
      ...(stage === 'canary' ? [['comparison-window', AS_POLICY]] : []),
    ]);
  });
});

describe('the Warehouse', () => {
  const [image, git] = read<
    readonly [
      { image: Record<string, unknown> },
      { git: Record<string, unknown> & { includePaths: readonly string[] } },
    ]
  >(named('Warehouse', 'orderbooks'), 'spec', 'subscriptions');

  it('takes images by the commit they were built from, with their digest', () => {
    expect(image.image).toMatchObject({
      imageSelectionStrategy: 'NewestBuild',
      allowTagsRegexes: ['^[0-9a-f]{40}$'],
    });
    expect(named('Warehouse', 'orderbooks')?.spec?.['freightCreationCriteria']).toEqual({
      expression: `imageFrom("${String(image.image['repoURL'])}").Tag == commitFrom("${String(git.git['repoURL'])}").ID`,
    });
  });

  it('takes commits of main that change a release, and never one of its own', () => {
    expect(git.git).toMatchObject({ commitSelectionStrategy: 'NewestFromBranch', branch: 'main' });
    expect(git.git.includePaths).toEqual([
      'Dockerfile',
      'gitops',
      'package-lock.json',
      'package.json',
      'runtime',
    ]);
    const pushed = steps
      .filter(([, { uses }]) => uses === 'git-push')
      .map(([, step]) => step as unknown as { config: { targetBranch: string } });
    expect(pushed.map(({ config }) => config.targetBranch)).toEqual(['stage/${{ ctx.stage }}']);
  });

  it("spells out what Kargo's webhook would fill in, so that Argo CD sees no difference", () => {
    for (const subscription of [image.image, git.git]) {
      expect(subscription).toMatchObject({ strictSemvers: true, discoveryLimit: 20 });
    }
  });
});

describe("people's roles", () => {
  it.each([
    ['promoter', 'orderbooks-promoters'],
    ['break-glass-operator', 'orderbooks-break-glass-operators'],
  ])('%s is for group %s of the identity provider, by a role of its own', (role, group) => {
    const account = named('ServiceAccount', `orderbooks-${role}`);
    expect(
      JSON.parse(account?.metadata.annotations?.['rbac.kargo.akuity.io/claims'] ?? '{}'),
    ).toEqual({
      groups: [group],
    });
    const binding = named('RoleBinding', `orderbooks-${role}`);
    expect(binding?.['roleRef']).toMatchObject({ kind: 'Role', name: `orderbooks-${role}` });
    expect(binding?.['subjects']).toEqual([
      { kind: 'ServiceAccount', name: `orderbooks-${role}`, namespace: PROJECT },
    ]);
  });

  it('a promoter files no ticket, and an operator promotes nothing', () => {
    const may = (role: string, resource: string, verb: string) =>
      read<
        readonly {
          resources: string[];
          verbs: string[];
        }[]
      >(named('Role', `orderbooks-${role}`), 'rules').some(
        ({ resources, verbs }) => resources.includes(resource) && verbs.includes(verb),
      );
    expect(may('promoter', 'stages', 'promote')).toBe(true);
    expect(may('promoter', 'configmaps', 'update')).toBe(false);
    expect(may('break-glass-operator', 'configmaps', 'update')).toBe(true);
    expect(may('break-glass-operator', 'stages', 'promote')).toBe(false);
  });
});

function stepsOf(object: RenderedObject | undefined): readonly Step[] {
  const spec = object?.spec as
    | { steps?: readonly Step[]; promotionTemplate?: { spec: { steps: readonly Step[] } } }
    | undefined;
  if (object?.kind === 'PromotionTask') return spec?.steps ?? [];
  return object?.kind === 'Stage' ? (spec?.promotionTemplate?.spec.steps ?? []) : [];
}
